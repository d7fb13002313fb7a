"""The `openskill` package's models, and the chances that it gets wrong."""

from __future__ import annotations

import random
import sys
from math import exp, sqrt

import pytest

from arena.match import Comparison
from arena.ratings import RATINGS
from arena.ratings.model import Rating, Standings
from arena.ratings.openskill import _KINDS, OpenSkill
from games.errors import BadSpec, MissingExtra
from tests.arena.ratings.cast import cast

models = pytest.importorskip("openskill.models")
CAST = cast(6)
A, B = CAST[:2]


def league(count: int, *, seed: int, teams: int, size: int = 1) -> list[Comparison]:
    rng, made = random.Random(seed), list[Comparison]()
    for _ in range(count):
        players = rng.sample(CAST, teams * size)
        ranks = [rng.randrange(teams) for _ in range(teams)]
        made.append(Comparison(tuple(tuple(players[i * size : (i + 1) * size]) for i in range(teams)), tuple(ranks)))
    return made


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize(("teams", "size"), [(2, 1), (2, 2), (3, 1)])
def test_ratings_are_the_packages(kind: str, teams: int, size: int) -> None:
    played = league(60, seed=3, teams=teams, size=size)
    theirs = getattr(models, _KINDS[kind][0])(tau=0.0)
    known = {who: theirs.rating() for who in CAST}
    for one in played:
        after = theirs.rate([[known[who] for who in team] for team in one.teams], ranks=list(map(float, one.ranks)))
        known |= {
            who: new for team, rated in zip(one.teams, after, strict=True) for who, new in zip(team, rated, strict=True)
        }
    ours = OpenSkill(kind).fold(Standings(), played).ratings
    for who, rating in ours.items():
        assert (rating.mu, rating.sigma) == pytest.approx((known[who].mu, known[who].sigma))


@pytest.mark.parametrize("kind", ["plackett_luce", "bradley_terry_full"])
def test_the_chance_to_win_is_what_the_model_learns_by(kind: str) -> None:
    """What a rating moves by after a win is 1 minus the chance that the model gave to it, times sigma^2 / c."""
    before = {A: Rating(29, 3.0), B: Rating(24, 2.0)}
    after = OpenSkill(kind).fold(Standings(before, {A: 0, B: 0}), [Comparison(((A,), (B,)), (0, 1))]).ratings
    c = sqrt(3.0**2 + 2.0**2 + 2 * (25 / 6) ** 2)
    learned = 1 - (after[A].mu - before[A].mu) * c / 3.0**2
    assert OpenSkill(kind, draw=0.0).predict(before[A], before[B])[0] == pytest.approx(learned)
    assert learned == pytest.approx(1 / (1 + exp(-5 / c)))


@pytest.mark.parametrize("kind", _KINDS)
def test_a_chance_that_is_planted_is_foretold_where_the_package_exaggerates(kind: str) -> None:
    """A wins 3 of 4 for ever. By four of its five models the package's own formula says 86 of 100 and more."""
    rng, model = random.Random(2), OpenSkill(kind)
    played = [Comparison(((A,), (B,)), (0, 1) if rng.random() < 0.75 else (1, 0)) for _ in range(4000)]
    standings, ours, theirs = Standings(), list[float](), list[float]()
    package = getattr(models, _KINDS[kind][0])()
    for start in range(0, 4000, 40):
        standings = model.fold(standings, played[start : start + 40])
        one, other = standings.ratings[A], standings.ratings[B]
        ours.append(model.predict(one, other, standings.counters)[0])
        theirs.append(
            package.predict_win([[package.rating(one.mu, one.sigma)], [package.rating(other.mu, other.sigma)]])[0]
        )
    assert sum(ours[50:]) / 50 == pytest.approx(0.75, abs=0.02)
    said = sum(theirs[50:]) / 50
    assert said > 0.85 if kind != "thurstone_mosteller_full" else said == pytest.approx(0.75, abs=0.02)


def test_draws_are_as_common_as_they_were() -> None:
    """Equals that draw 2 of 3 times are foretold to; the package says 1 of 2 of any two, whatever was seen."""
    ranks = [(0, 0), (0, 0), (0, 1), (0, 0), (0, 0), (1, 0)]
    standings = OpenSkill().fold(Standings(), [Comparison(((A,), (B,)), one) for one in ranks] * 200)
    assert standings.counters == {"games": 1200, "draws": 800}
    win, draw, loss = OpenSkill().predict(*[standings.ratings[who] for who in (A, B)], standings.counters)
    assert draw == pytest.approx(2 / 3, abs=0.01)
    assert win + draw + loss == pytest.approx(1)


def test_a_fold_in_parts_is_a_fold_at_once() -> None:
    played, model = league(50, seed=5, teams=3), OpenSkill(tau=0.1)
    assert model.fold(model.fold(Standings(), played[:20]), played[20:]) == model.fold(Standings(), played)


def test_a_missing_package_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openskill.models", None)
    with pytest.raises(MissingExtra, match="is not installed") as missing:
        RATINGS.make("openskill")
    assert missing.value.hint == "pip install 'arena-league[openskill]'"


@pytest.mark.parametrize(
    "text", ["openskill('placket_luce')", "openskill(beta=0)", "openskill(draw=1.0)", "openskill(tau=-1)"]
)
def test_settings_that_cannot_rate_are_refused(text: str) -> None:
    with pytest.raises(BadSpec):
        RATINGS.make(text)
