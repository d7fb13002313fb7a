"""A learner's curve, told."""

from __future__ import annotations

import json

import pytest

from arena.answers.answer import Answer
from arena.answers.curve import Curve
from arena.figures import png
from arena.match import Comparison
from arena.ratings.davidson import Davidson
from arena.ratings.drift import Stage, walk
from arena.ratings.meetings import gather
from tests.arena.ratings.cast import checkpoint

BOT = checkpoint("bot")
LEARNER = [checkpoint("ppo", version) for version in range(1, 5)]


def curve(*won: int, lives: tuple[int, ...] = (0, 0, 0, 0)) -> Curve:
    """Of a learner whose checkpoints, a hundred steps apart, won so many of 20 against a bot."""
    played = [
        Comparison(((one,), (BOT,)), (0, 1) if game < wins else (1, 0))
        for one, wins in zip(LEARNER, won, strict=False)
        for game in range(20)
    ]
    met = gather(played)
    stages = [Stage(one, 100 * place, life) for place, (one, life) in enumerate(zip(LEARNER, lives, strict=True))]
    return Curve.of("ppo", "throws", walk(met, stages), Davidson().fit(met))


def test_a_learner_that_gets_better_is_said_to() -> None:
    found = curve(4, 8, 12, 16)
    assert [point.steps for point in found.points] == [0, 100, 200, 300]
    assert all(point.comparisons == 20 for point in found.points)
    ratings = [point.rating for point in found.points]
    assert ratings == sorted(ratings)
    assert found.gain == pytest.approx(ratings[-1] - ratings[0])
    assert found.better is not None
    assert found.better > 0.99
    assert "points from ppo@1 to ppo@4, better with a probability of" in str(found)


def test_a_checkpoint_that_stands_out_is_drawn_to_its_neighbours() -> None:
    point = curve(10, 10, 3, 10).points[2]
    assert point.raw + 50 < point.rating


def test_a_curve_is_surer_than_its_points() -> None:
    assert all(point.error < point.raw_error for point in curve(9, 10, 11, 10).points)


def test_the_table_and_json_say_the_same() -> None:
    found = curve(4, 8, 12, 16)
    headers, rows = found.rows()
    told = json.loads(json.dumps(found.as_json()))
    assert headers == ["checkpoint", "steps", "comparisons", "rating", "95 %", "by itself"]
    assert told["schema"] == 1
    for row, point in zip(rows, told["points"], strict=True):
        assert row[:2] == [point["checkpoint"], f"{point['steps']:,}"]
        assert row[3] == f"{point['rating']:.0f}"
        assert point["low"] < point["rating"] < point["high"]


def test_one_checkpoint_has_not_moved_and_none_is_said_to_be_unrated() -> None:
    assert (alone := curve(4)).gain is None
    assert len(alone.points) == 1
    assert "drifts" not in str(alone)
    assert str(curve()) == "no checkpoint of ppo is rated yet"


@pytest.mark.parametrize(
    "found", [curve(4, 8, 12, 16), curve(4, 8, 5, 9, lives=(0, 0, 1, 1)), curve()], ids=["one life", "two", "none"]
)
def test_it_can_be_drawn(found: Curve) -> None:
    answer: Answer = found
    assert png(answer.draw).startswith(b"\x89PNG")
