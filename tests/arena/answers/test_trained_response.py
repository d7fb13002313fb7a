"""What an exploiter won, from results made by hand: three seats, so that a wrong match or a wrong seat shows."""

from __future__ import annotations

import pytest

from arena.answers.trained_response import TrainedResponse
from arena.match import Result
from arena.tally import Tally
from arena.training import Trained
from games.registry import GAMES
from tests.arena.ratings.cast import checkpoint, result

AGENT, EXPLOITER = checkpoint("alice"), checkpoint("sly")
TRAINED = Trained("sly", b"", b"", False, Tally(), (), {}, steps=9, asked=9, games=3, seconds=1.0, rollout=0.5, update=0.5)


def told(*sets: list[list[float]]) -> TrainedResponse:
    """Of each set: the returns with the exploiter on seat 0, 2 and 1, as it moves on, and those of the agent alone."""
    results: list[Result] = []
    for deal, returns in enumerate(sets):
        for held, paid in zip((0, 2, 1, None), returns, strict=True):
            lineup = [EXPLOITER if seat == held else AGENT for seat in range(3)]
            results.append(result(len(results), lineup, paid, seed=deal))
    return TrainedResponse(
        "pile", GAMES.make("tests.plugins.odd_games:Pile").spec, AGENT, EXPLOITER, tuple(results), TRAINED
    )


ONE = [[2.0, -1, -1], [-1, -1, 2.0], [-1, -1, 2.0], [-1, 2.0, -1]]  # it wins from seats 0 and 2, and loses from seat 1
OTHER = [[-1, -1, 2.0], [2.0, -1, -1], [-1, 2.0, -1], [2.0, -1, -1]]  # it loses from seats 0 and 2, and wins from seat 1


def test_what_is_won_on_each_seat_is_that_seat_s_match() -> None:
    found = told(ONE)
    assert found.best == [2.0, -1.0, 2.0]
    assert found.values == [-1.0, 2.0, -1.0]
    both = told(ONE, OTHER)
    assert both.best == [0.5, 0.5, 0.5]
    assert both.values == [0.5, 0.5, -1.0]


def test_the_gain_is_what_it_won_over_the_agent_s_own_play_the_mean_over_the_seats() -> None:
    assert told(ONE).estimate == pytest.approx((3 - 3 + 3) / 3)
    assert told(ONE, OTHER).estimate == pytest.approx((1 + (-3 + 3 + 0) / 3) / 2)


def test_what_is_lost_at_least_is_the_lower_end_of_the_estimate() -> None:
    """Gains of 1 and 0, as often: their standard deviation is 0.5026 in 96 sets."""
    found = told(*[ONE, OTHER] * 48)
    spread = 1.959964 * (96 / 95 * 0.25) ** 0.5 / 96**0.5
    assert found.interval == pytest.approx((0.5 - spread, 0.5 + spread))
    assert found.exploitability == pytest.approx(0.5 - spread)
    facts = found.as_json()
    assert (facts["exploitability"], facts["estimate"]) == pytest.approx((0.5 - spread, 0.5))
    assert str(found).splitlines()[0] == (
        "exploitability at least 0.3995 (estimate 0.5000, 0.3995 to 0.6005): mean returns a match of pile, a lower bound"
    )


def test_who_found_nothing_proves_nothing() -> None:
    found = told(*[OTHER, [ONE[0], ONE[1], ONE[2], [2.0, 2.0, 2.0]]] * 10)
    assert found.estimate < 0 == found.exploitability
    assert str(found).startswith("exploitability at least 0.0000 (estimate -")
