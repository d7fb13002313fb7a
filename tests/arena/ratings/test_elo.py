"""Elo's ratings by hand, and the error that is shown beside them by simulation."""

from __future__ import annotations

import random
from math import log, sqrt
from statistics import pstdev

import pytest

from arena.match import Comparison
from arena.ratings import RATINGS
from arena.ratings.elo import Elo
from arena.ratings.model import Rating, Standings
from games.errors import BadSpec
from tests.arena.ratings.cast import cast

CAST = cast(6)
A, B, C = CAST[:3]


def duel(ranks: tuple[int, int], *, sided: bool = False) -> Comparison:
    return Comparison(((A,), (B,)), ranks, sided)


def test_a_textbook_example() -> None:
    """1613 draws with 1609, K is 32: the numbers of the rule itself."""
    before = Standings({A: Rating(1613, 1), B: Rating(1609, 1)}, {A: 0, B: 0})
    expects = 1 / (1 + 10 ** ((1609 - 1613) / 400))
    after = Elo(k=32).fold(before, [duel((0, 0))]).ratings
    assert after[A].mu == pytest.approx(1613 + 32 * (0.5 - expects))
    assert after[A].mu + after[B].mu == pytest.approx(1613 + 1609)


def test_a_seat_that_is_worth_something_is_given_no_credit() -> None:
    first, plain = (Elo(side=100).fold(Standings(), [duel((0, 1), sided=sided)]).ratings[A].mu for sided in (True, False))
    assert first == pytest.approx(1500 + 20 * (1 - 1 / (1 + 10 ** (-100 / 400))))
    assert plain == 1510
    score = lambda chances: chances[0] + chances[1] / 2  # noqa: E731
    prior = Elo().prior
    assert score(Elo(side=100).predict(prior, prior, sided=True)) == pytest.approx(1 / (1 + 10 ** (-100 / 400)))


def test_a_ranking_is_its_pairs_and_a_team_its_mean() -> None:
    ranked = Elo(k=20).fold(Standings(), [Comparison(((A,), (B,), (C,)), (0, 1, 2))]).ratings
    assert [ranked[who].mu for who in (A, B, C)] == [1510, 1500, 1490]
    before = Standings({A: Rating(1700, 1), B: Rating(1300, 1), C: Rating(1500, 1)}, dict.fromkeys((A, B, C), 0))
    team = Elo(k=20).fold(before, [Comparison(((A, B), (C,)), (0, 1))]).ratings
    assert [team[who].mu for who in (A, B, C)] == pytest.approx([1710, 1310, 1490])


def test_the_error_is_how_far_ratings_of_equals_really_stray() -> None:
    """Two equals play on and on: what their ratings do is luck alone."""
    model, standings, seen, rng = Elo(k=24, draw=0.0), Standings(), list[float](), random.Random(5)
    for _ in range(40):
        played = [duel((0, 1) if rng.random() < 0.5 else (1, 0)) for _ in range(500)]
        for part in range(0, 500, 100):
            standings = model.fold(standings, played[part : part + 100])
            seen.append(standings.ratings[A].mu)
    settled = standings.ratings[A].sigma
    assert settled == pytest.approx(sqrt(200 * 24 / log(10)), rel=0.1)
    # against one who moves as far the other way, the lead is corrected twice as hard: sqrt(1/2) of it is left
    assert pstdev(seen) == pytest.approx(settled * sqrt(0.5), rel=0.15)


@pytest.mark.parametrize("cut", [0, 7, 40])
def test_a_fold_in_parts_is_a_fold_at_once(cut: int) -> None:
    rng = random.Random(1)
    played = [Comparison(tuple((who,) for who in rng.sample(CAST, 3)), (0, 1, 1)) for _ in range(40)]
    model = Elo()
    assert model.fold(model.fold(Standings(), played[:cut]), played[cut:]) == model.fold(Standings(), played)


def test_numbers_stay_finite() -> None:
    before = Standings({A: Rating(1e6, 1), B: Rating(-1e6, 1)}, {A: 0, B: 0})
    after = Elo().fold(before, [duel((1, 0)), duel((0, 1))]).ratings
    assert after[A].mu == pytest.approx(1e6 - 20)
    assert sum(Elo().predict(Rating(1e6, 1), Rating(-1e6, 1))) == pytest.approx(1)


@pytest.mark.parametrize("text", ["elo(k=0)", "elo(draw=1.0)", "elo(spread=-1)", "elo(k=1e999)"])
def test_settings_that_cannot_rate_are_refused(text: str) -> None:
    with pytest.raises(BadSpec):
        RATINGS.make(text)
