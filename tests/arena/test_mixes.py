"""The mixes that look at more than win rates: qualities that fall with every win, and the payoffs of the pool."""

from __future__ import annotations

from dataclasses import replace
from math import exp, isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.match import Checkpoint
from arena.mixes import prices
from arena.pool import MIXES, Candidate, Draw
from arena.tally import Tally
from games.errors import BadSpec, UnknownName
from tests.arena.ratings.cast import cast

ROCK_TWICE = [(0.5, 0.5, 0.0, 1.0), (0.5, 0.5, 0.0, 1.0), (1.0, 1.0, 0.5, 0.0), (0.0, 0.0, 1.0, 0.5)]


def pool(*qualities: float) -> list[Candidate]:
    return [Candidate(who, 0.5, quality=one) for who, one in zip(cast(len(qualities)), qualities, strict=True)]


def weights(choices: list[Draw]) -> list[float]:
    return [choice.probability for choice in choices]


def test_quality_is_a_softmax() -> None:
    total = 1 + exp(-1) + exp(-3)
    met = weights(MIXES.make("quality")(pool(0.0, -1.0, -3.0)))
    assert met == pytest.approx([1 / total, exp(-1) / total, exp(-3) / total])


def test_a_win_costs_an_opponent_the_more_the_less_likely_it_was() -> None:
    likely, unlikely = prices([0.0, -2.0])
    assert likely == pytest.approx(0.01 / 2 * (1 + exp(-2)))
    assert unlikely == pytest.approx(0.01 / 2 * (1 + exp(2)))
    assert prices([0.0, -1e6]) == [pytest.approx(0.005), 1.0]
    assert prices([]) == []


def test_only_wins_cost_quality() -> None:
    (bot,) = cast(1)
    tally = Tally().record(bot, [+1, 0, -1, +1], quality=-1.0, price=0.25)
    assert tally.counts[bot].quality == -1.5
    assert tally.record(bot, [+1], quality=7.0, price=0.5).counts[bot].quality == -2.0


def test_a_newcomer_is_as_good_as_the_best() -> None:
    old, older, new = cast(3)
    tally = Tally().record(old, [+1], price=0.5).record(older, [+1], price=2.0)
    assert tally.qualities([older, old, new]) == [-2.0, -0.5, -0.5]
    assert Tally().qualities([old, new]) == [0.0, 0.0]
    assert tally.qualities([]) == []


def test_whoever_is_always_beaten_is_met_less_and_less() -> None:
    weak, strong = cast(2)
    tally, mix = Tally(), MIXES.make("quality")
    for _ in range(3000):
        qualities = tally.qualities([weak, strong])
        costs = prices(qualities)
        tally = tally.record(weak, [+1], price=costs[0]).record(strong, [-1], price=costs[1])
    assert weights(mix(pool(*tally.qualities([weak, strong]))))[0] < 0.05


def test_nash_answers_the_pool_s_payoffs() -> None:
    candidates = [replace(one, payoffs=row) for one, row in zip(pool(*[0.0] * 4), ROCK_TWICE, strict=True)]
    mix = MIXES.make("nash")
    assert weights(mix(candidates)) == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 3], abs=1e-5)
    assert {choice.branch for choice in mix(candidates)} == {"nash"}


def test_nash_says_so_where_it_knows_no_payoffs() -> None:
    assert MIXES.make("nash")(pool(0, 0)) == [Draw(one, "nash: payoffs unknown", 0.5) for one in cast(2)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("nash", True), ("mixture(rest='nash')", True), ("mixture", False), ("quality", False), ("pfsp", False)],
)
def test_a_mix_says_whether_it_wants_payoffs(text: str, wanted: bool) -> None:
    assert MIXES.make(text).wants_payoffs is wanted


def test_the_rest_of_a_mixture_is_any_mix() -> None:
    choices = MIXES.make("mixture(latest=0.6, rest='quality')")(pool(0.0, 0.0))
    assert choices == [Draw(None, "latest", 0.6), *(Draw(one, "quality", 0.2) for one in cast(2))]
    with pytest.raises(UnknownName, match="no opponent mix is called 'qualty'"):
        MIXES.make("mixture(rest='qualty')")
    with pytest.raises(BadSpec, match="soft"):
        MIXES.make("mixture(rest='pfsp(\"soft\")')")


def square(size: int) -> st.SearchStrategy[list[list[float]]]:
    rate = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1))
    return st.lists(st.lists(rate, min_size=size, max_size=size), min_size=size, max_size=size)


@pytest.mark.parametrize("text", ["quality", "nash", "mixture(rest='quality')", "mixture(rest='nash')"])
@given(payoffs=st.integers(0, 7).flatmap(square), qualities=st.lists(st.floats(-1e300, 1e300), min_size=7, max_size=7))
@settings(max_examples=60, deadline=None)
def test_they_are_distributions_whatever_comes(text: str, payoffs: list[list[float]], qualities: list[float]) -> None:
    candidates = [
        Candidate(who, 0.5, quality=quality, payoffs=tuple(row))
        for who, row, quality in zip(cast(len(payoffs)), payoffs, qualities, strict=False)
    ]
    chosen = weights(MIXES.make(text)(candidates))
    assert sum(chosen) == pytest.approx(1)
    assert all(isfinite(one) and one >= 0 for one in chosen)
    assert all(0 < price <= 1 for price in prices(qualities))


def test_who_is_retired_is_forgotten_with_its_quality() -> None:
    stays, goes = cast(2)
    rows: list[tuple[str | float, ...]] = [(stays.id, 3.0, 2.0, 0.0, -0.5), (goes.id, 1.0, 0.0, 0.0, 0.0)]
    newcomer = Checkpoint.make("newcomer", 1, spec="uniform")
    assert Tally.from_rows(rows, [stays]).qualities([stays, newcomer]) == [-0.5, -0.5]
