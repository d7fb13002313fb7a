"""Learners whose skill was planted, and an independent implementation: TrueSkill through time."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
import pytest

from arena.match import Checkpoint, Comparison
from arena.ratings.batch import ELO, Fit
from arena.ratings.davidson import Davidson
from arena.ratings.drift import Link, Stage, links, walk
from arena.ratings.meetings import gather
from tests.arena.ratings.cast import cast, checkpoint

BOTS = cast(5)
STEPS = 1000  # between two checkpoints


@dataclass(frozen=True)
class Trained:
    """A learner that got better in leaps of a normal size, and what it and five bots did against each other."""

    stages: list[Stage]
    thetas: dict[Checkpoint, float]
    played: list[Comparison]

    @classmethod
    def of(cls, seed: int, *, size: int = 12, games: int = 40, leap: float = 0.3, nu: float = 0.4) -> Trained:
        rng, skill = random.Random(seed), -1.0
        learner = [checkpoint("ppo", version) for version in range(1, size + 1)]
        thetas = {bot: rng.gauss(0, 1) for bot in BOTS}
        for one in learner:
            thetas[one] = skill
            skill += rng.gauss(0, leap)
        pairs = [(one, rng.choice(BOTS)) for one in learner for _ in range(games)]
        pairs += [(one, other) for one in BOTS for other in BOTS if one.id < other.id for _ in range(20)]
        played = []
        for one, other in pairs:
            d = thetas[one] - thetas[other]
            (ranks,) = rng.choices([(0, 1), (0, 0), (1, 0)], [math.exp(d / 2), nu, math.exp(-d / 2)])
            played.append(Comparison(((one,), (other,)), ranks))
        return cls([Stage(one, STEPS * place) for place, one in enumerate(learner)], thetas, played)

    def misses(self, fit: Fit) -> list[float]:
        """By how many points of Elo each stage is rated too high."""
        mean = np.mean([self.thetas[who] for who in fit.meetings.cast])
        return [fit.rating(who).mu - 1500 - float(ELO * (self.thetas[who] - mean)) for who, *_ in self.stages]


def test_a_curve_is_nearer_to_the_truth_than_its_points_and_says_how_near() -> None:
    by_walk, alone, within = list[float](), list[float](), list[bool]()
    for seed in range(20):
        trained = Trained.of(seed, size=20, games=15)
        met = gather(trained.played)
        found = walk(met, trained.stages)
        misses = trained.misses(found.fit)
        by_walk += [miss**2 for miss in misses]
        alone += [miss**2 for miss in trained.misses(Davidson().fit(met))]
        bounds = [1.96 * found.fit.rating(who).sigma for who, *_ in trained.stages]
        within += [abs(miss) < bound for miss, bound in zip(misses, bounds, strict=True)]
    assert np.mean(by_walk) < np.mean(alone) / 2
    assert 0.9 < np.mean(within) < 0.99, "95 % intervals"


def test_it_is_what_trueskill_through_time_makes_of_the_same_matches() -> None:
    """A probit, where ours is a logit, so the two differ by hundredths. Draws it models otherwise, so there are none."""
    ttt = pytest.importorskip("trueskillthroughtime")
    trained = Trained.of(3, nu=1e-9)
    when = {who: steps // STEPS for who, steps, _ in trained.stages}
    beta, prior = 1.702 / math.sqrt(2), ttt.Gaussian(0, math.sqrt(10))
    players = {bot.agent: ttt.Player(prior, beta, 0.0) for bot in BOTS} | {"ppo": ttt.Player(prior, beta, 0.3)}
    history = ttt.History(
        [[[who.agent] for (who,) in one.teams] for one in trained.played],
        [[1, 0] if one.ranks == (0, 1) else [0, 1] for one in trained.played],
        [max(when.get(who, 0) for (who,) in one.teams) for one in trained.played],
        players,
        p_draw=0.0,
    )
    history.convergence(epsilon=1e-3, iterations=15, verbose=False)
    theirs = history.learning_curves()
    level = np.mean([theirs[bot.agent][-1][1].mu for bot in BOTS])

    fit = walk(gather(trained.played), trained.stages, drift=0.3 / math.sqrt(STEPS)).fit
    place = {who: number for number, who in enumerate(fit.meetings.cast)}
    bots, own = [place[bot] for bot in BOTS], [place[who] for who, *_ in trained.stages]
    ours = fit.at[own] - fit.at[bots].mean()
    assert ours == pytest.approx([one.mu - level for _, one in theirs["ppo"]], abs=0.08), "a third of an error"
    v = fit.covariance
    errors = np.sqrt(v[own, own] - 2 * v[np.ix_(own, bots)].mean(axis=1) + v[np.ix_(bots, bots)].mean())
    assert errors == pytest.approx([one.sigma for _, one in theirs["ppo"]], rel=0.15)


def test_a_walk_that_may_leap_is_no_walk_and_one_that_may_not_is_one_player() -> None:
    trained = Trained.of(0)
    met = gather(trained.played)
    free, held = walk(met, trained.stages, drift=1e3).fit, walk(met, trained.stages, drift=1e-6).fit
    assert free.at == pytest.approx(Davidson().fit(met).at, abs=1e-4)
    own = [held.rating(who).mu for who, *_ in trained.stages]
    assert max(own) - min(own) < 0.1


def test_the_results_tell_how_quickly_skill_moves() -> None:
    drifts = {leap: walk(gather(one.played), one.stages).drift * STEPS**0.5 for leap, one in LEAPS.items()}
    for leap, found in drifts.items():
        assert leap / 2 < found < 2 * leap


LEAPS = {leap: Trained.of(1, size=30, games=60, leap=leap) for leap in (0.1, 0.3, 0.9)}


def test_the_order_of_matches_changes_nothing() -> None:
    trained = Trained.of(2)
    one, other = (walk(gather(played), trained.stages).fit for played in (trained.played, trained.played[::-1]))
    assert (one.at == other.at).all()
    assert (one.covariance == other.covariance).all()


def test_a_learner_that_began_again_begins_at_its_first_checkpoint() -> None:
    born = [(100, 0), (900, 0), (700, 1), (1500, 1)]
    told = [Stage(checkpoint("ppo", place + 1), *one) for place, one in enumerate(born)]
    assert links(told) == [Link(0, 1, 800), Link(0, 2, 800), Link(2, 3, 800)]
    assert links([told[0], told[1], told[3]])[-1] == Link(0, 2, 1600), "one that was never compared is passed over"


@pytest.mark.parametrize("size", [0, 1])
def test_few_checkpoints_are_rated_as_they_are(size: int) -> None:
    trained = Trained.of(0)
    met = gather(trained.played)
    found = walk(met, trained.stages[:size])
    assert len(found.stages) == size
    assert found.fit.at == pytest.approx(Davidson().fit(met).at, abs=1e-9)


def test_who_was_never_compared_is_not_on_the_curve() -> None:
    trained = Trained.of(0, size=3)
    unmet = Stage(checkpoint("ppo", 4), 4000)
    assert [one.steps for one in walk(gather(trained.played), [*trained.stages, unmet]).stages] == [0, 1000, 2000]


def test_two_checkpoints_of_the_same_steps_are_alike() -> None:
    trained = Trained.of(0, size=3)
    same = [stage._replace(steps=500) for stage in trained.stages]
    found = walk(gather(trained.played), same)
    assert np.isfinite(found.fit.covariance).all()


def test_those_around_a_learner_are_all_that_it_met_and_their_matches() -> None:
    trained, (far, farther) = Trained.of(0, size=3), cast(7)[5:]
    near = BOTS[0]
    beyond = [Comparison(((far,), (farther,)), (0, 1)), Comparison(((far,), (near,)), (0, 1))]
    teams = [
        Comparison(((near, far), (BOTS[1], BOTS[2])), (1, 0)),
        Comparison(((near, BOTS[3]), (BOTS[1], BOTS[2])), (1, 0)),
    ]
    melees = [Comparison(((near,), (far,), (BOTS[1],)), (0, 1, 2))]
    met = gather([*trained.played, *beyond, *teams, *melees]).around(who for who, *_ in trained.stages)
    assert {who.agent for who in met.cast} == {"ppo", *(bot.agent for bot in BOTS)}
    own = gather([*trained.played, teams[1]])
    assert met.total == own.total + 1, "of the ranking one pair is left"
    assert Davidson().fit(met).at == pytest.approx(Davidson().fit(own).at, abs=0.3)
