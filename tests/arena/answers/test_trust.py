"""Which model to trust, in words."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
import pytest

from arena.answers.trust import BASE, FEWEST, Trust
from arena.ratings.walk_forward import WalkForward


def trust(means: Mapping[str, float], *, size: int = 300, untold: int = 0, noise: float = 0.3) -> Trust:
    """Models whose losses have these means, and luck that they share but for a tenth."""
    rng = random.Random(1)
    shared = [rng.gauss(0, noise) for _ in range(size)]
    losses = {name: np.array([mean + luck + rng.gauss(0, noise / 10) for luck in shared]) for name, mean in means.items()}
    hits = {name: np.full(size, 0.5) for name in means}
    return Trust("go", WalkForward(losses, hits, untold), 100, {})


def test_the_best_is_to_be_trusted_where_the_others_are_behind_by_more_than_luck() -> None:
    told = trust({BASE: 1.0, "good": 0.8, "better": 0.7})
    assert [one.model for one in told.records] == ["better", "good", BASE]
    assert str(told).startswith("trust better: it foretold best, by more than luck")
    better, good, base = told.records
    assert (better.behind, better.worse, good.worse) == (0.0, False, True)
    assert good.behind == pytest.approx(0.1, abs=0.01)
    assert good.gain == pytest.approx(0.2, abs=0.01)
    assert (good.knows, base.knows) == (True, False)
    assert better.margin is not None
    assert good.behind_margin is not None
    assert good.behind_margin < better.margin / 3  # the luck of the matches is everybody's, and cancels


def test_who_is_not_behind_by_more_than_luck_may_be_trusted_as_well() -> None:
    assert str(trust({BASE: 1.0, "one": 0.7, "other": 0.7001, "worse": 0.8})).splitlines()[0] in (
        "trust one, or other, which is not behind by more than luck",
        "trust other, or one, which is not behind by more than luck",
    )


def test_nobody_is_to_be_trusted_who_knows_no_more_than_the_base_rate() -> None:
    for means in ({BASE: 1.0, "one": 1.0}, {BASE: 1.0, "one": 1.2}):
        assert str(trust(means)).startswith("no model foretells matches better than the base rate by more than luck")


@pytest.mark.parametrize(("size", "untold", "words"), [(0, 0, "too few matches of go"), (0, 9, "teams of several")])
def test_nothing_foretold_is_said(size: int, untold: int, words: str) -> None:
    told = trust({BASE: 1.0, "one": 0.9}, size=size, untold=untold)
    assert words in str(told)
    assert len(str(told).splitlines()) == 1, "there is nothing to explain"
    assert (told.records, told.rows()[1]) == ((), [])


@pytest.mark.parametrize("size", [1, 3, FEWEST - 1])
def test_few_forecasts_have_no_verdict_however_far_apart_they_are(size: int) -> None:
    told = trust({BASE: 1.0, "one": 0.1}, size=size)
    assert (told.records[0].margin is None) == (size == 1)
    assert str(told).startswith(f"{size} forecast{'s' * (size > 1)} of go cannot tell: play more matches, or --warmup 0")
    assert str(trust({BASE: 1.0, "one": 0.1}, size=FEWEST)).startswith("trust one")


def test_json_keeps_its_keys() -> None:
    told = trust({BASE: 1.0, "one": 0.9}, untold=2).as_json()
    assert told.keys() == {"schema", "game", "forecasts", "warmup", "untold", "verdict", "models", "absent"}
    assert told["schema"] == 1
    assert told["models"][0].keys() == {
        *("model", "loss", "margin", "hits", "gain", "gain_margin", "behind", "behind_margin", "worse", "knows"),
    }
    assert (told["forecasts"], told["warmup"], told["untold"]) == (300, 100, 2)
