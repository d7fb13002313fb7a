"""The pool and the opponent mixes: distributions that sum to 1 and explain themselves, whatever comes."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from math import isfinite
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.match import Checkpoint, Entrant
from arena.pool import MIXES, Candidate, Draw, HasRandom, Pool, draw
from arena.ratings.model import Rating
from games.errors import BadSpec, UnknownName
from tests.arena.ratings.cast import cast, checkpoint
from tests.plugins.my_schedules import MOODS

EVERY_MIX = ["latest", "uniform", "mixture", "mixture(latest=1)", "mixture(latest=0)", "delta_uniform(delta=0.5)"] + [
    f"pfsp({weighing!r})" for weighing in ("hard", "var", "linear", "capped")
]
EVERY_MIX += ["quality", "nash", "mixture(latest=0, rest='quality')"]
NOBODYS = ["latest(frozen=True)", "mixture(frozen=True)"]  # where no snapshot is one's own: the living self
PRIOR = Rating(25, 25 / 3)


def facing(*win_rates: float) -> list[Candidate]:
    return [Candidate(who, rate) for who, rate in zip(cast(len(win_rates)), win_rates, strict=True)]


def chances(text: str, *win_rates: float) -> dict[Checkpoint | None, float]:
    chosen: Counter[Checkpoint | None] = Counter()
    for choice in MIXES.make(text)(facing(*win_rates)):
        chosen[choice.opponent] += choice.probability
    return dict(chosen)


@pytest.mark.parametrize("text", EVERY_MIX + NOBODYS)
@given(win_rates=st.lists(st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_mix_is_a_distribution_whatever_the_win_rates(text: str, win_rates: list[float]) -> None:
    choices = MIXES.make(text)(facing(*win_rates))
    assert sum(choice.probability for choice in choices) == pytest.approx(1)
    assert all(isfinite(choice.probability) and choice.probability >= 0 for choice in choices)
    assert all(choice.branch for choice in choices)


@pytest.mark.parametrize("text", EVERY_MIX)
def test_with_an_empty_pool_a_learner_meets_its_living_self(text: str) -> None:
    assert set(chances(text)) == {None}


@pytest.mark.parametrize("text", EVERY_MIX[1:])
def test_one_opponent_is_met_though_it_always_loses(text: str) -> None:
    met = chances(text, 1.0)
    assert met.keys() <= {None, cast(1)[0]}
    assert met.get(None, 0.0) == pytest.approx(0.8 if text == "mixture" else 1 if text == "mixture(latest=1)" else 0)


def test_the_latest_self_may_be_its_newest_snapshot_frozen() -> None:
    me, you = (Checkpoint.make(name, 1, spec="ppo") for name in ("me", "you"))
    now = Checkpoint.make("me", 2, spec="ppo")
    pool = [Candidate(me, 0.9, own=True), Candidate(now, 0.5, own=True), Candidate(you, 0.2)]
    assert MIXES.make("latest(frozen=True)")(pool) == [Draw(now, "latest, frozen", 1.0)]
    first, *rest = MIXES.make("mixture(latest=0.7, frozen=True)")(pool)
    assert first == Draw(now, "latest, frozen", 0.7)
    assert rest == [Draw(one.checkpoint, "uniform", pytest.approx(0.1)) for one in pool]
    assert MIXES.make("latest(frozen=True)")(pool[2:]) == [Draw(None, "latest, frozen: empty pool", 1.0)]


def test_textbook_self_play_is_four_games_in_five_against_the_living_self() -> None:
    choices = MIXES.make("mixture(latest=0.8)")(facing(0.5, 0.9))
    assert choices[0] == Draw(None, "latest", 0.8)
    assert [(choice.branch, choice.probability) for choice in choices[1:]] == [("uniform", pytest.approx(0.1))] * 2


def test_pfsp_weighs_by_win_rate() -> None:
    expected = {
        "hard": [1.0, 0.25, 0.0],
        "var": [0.0, 0.25, 0.0],
        "linear": [1.0, 0.5, 0.0],
        "capped": [0.5, 0.5, 0.0],
    }
    for weighing, weights in expected.items():
        met = list(chances(f"pfsp({weighing!r})", 0.0, 0.5, 1.0).values())
        assert met == pytest.approx([weight / sum(weights) for weight in weights])


def test_where_all_weights_are_zero_everybody_is_as_likely_and_the_draw_says_why() -> None:
    choices = MIXES.make("pfsp('var')")(facing(0.0, 1.0))
    assert [(choice.branch, choice.probability) for choice in choices] == [("pfsp var: all weights zero", 0.5)] * 2


def test_delta_uniform_forgets_the_oldest() -> None:
    pool = cast(5)
    assert chances("delta_uniform(0.6)", *[0.5] * 5) == {pool[3]: 0.5, pool[4]: 0.5}
    assert chances("delta_uniform(1.0)", *[0.5] * 5) == {pool[4]: 1.0}
    assert set(chances("delta_uniform(0.0)", *[0.5] * 5)) == set(pool)


@pytest.mark.parametrize("text", ["mixture(latest=1.2)", "latest(frozen=1)", "delta_uniform(delta=-1)", "pfsp('soft')"])
def test_a_mix_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadSpec):
        MIXES.make(text)


def drawn_from(choices: list[Draw], count: int, rng: HasRandom) -> list[Draw]:
    return [choices[number] for number in draw(choices, count, rng)]


@pytest.mark.parametrize("text", EVERY_MIX)
@given(win_rates=st.lists(st.floats(0, 1), max_size=9), count=st.integers(0, 50), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_each_opponent_is_drawn_its_share_of_a_batch(text: str, win_rates: list[float], count: int, seed: int) -> None:
    mix = MIXES.make(text)
    drawn = drawn_from(mix(facing(*win_rates)), count, random.Random(seed))
    assert len(drawn) == count
    for choice in mix(facing(*win_rates)):
        assert abs(drawn.count(choice) - choice.probability * count) < 1 + 1e-9


class AlmostOne:
    def random(self) -> float:
        return 1 - 2**-53


def test_rounding_never_costs_a_draw() -> None:
    for size in range(1, 40):
        assert len(drawn_from(MIXES.make("uniform")(facing(*[0.5] * size)), 64, AlmostOne())) == 64


def test_what_rounding_leaves_over_never_goes_to_an_opponent_without_a_chance() -> None:
    mix, opponents = MIXES.make("pfsp('hard')"), facing(0.3, 0.6, 1.0)
    assert opponents[-1].checkpoint not in {choice.opponent for choice in drawn_from(mix(opponents), 64, AlmostOne())}


def test_systematic_draws_are_unbiased() -> None:
    mix, rng = MIXES.make("pfsp('linear')"), np.random.default_rng(0)
    opponents = facing(0.9, 0.5, 0.2)
    met = Counter(choice.opponent for _ in range(4000) for choice in drawn_from(mix(opponents), 2, rng))
    for choice in mix(opponents):
        assert met[choice.opponent] / 8000 == pytest.approx(choice.probability, abs=0.02)


def test_the_same_seed_draws_the_same_opponents_together() -> None:
    mix, opponents = MIXES.make("mixture"), facing(0.1, 0.2, 0.3)
    drawn = drawn_from(mix(opponents), 40, random.Random(5))
    assert drawn == drawn_from(mix(opponents), 40, random.Random(5))
    assert sum(one != other for one, other in pairwise(drawn)) == len(set(drawn)) - 1


def test_an_opponent_with_no_chance_is_never_drawn() -> None:
    mix = MIXES.make("pfsp('hard')")
    for seed in range(50):
        assert all(choice.probability > 0 for choice in drawn_from(mix(facing(0.3, 0.6, 1.0)), 10, random.Random(seed)))


def league() -> tuple[list[Checkpoint], list[Entrant]]:
    checkpoints = [checkpoint("bot"), checkpoint("alice", 1), checkpoint("alice", 2), checkpoint("bob", 1)]
    entrants = [
        Entrant("bot", "uniform", "g", role="anchor"),
        Entrant("alice", "ppo", "g", learns=True),
        Entrant("bob", "ppo", "g", role="main-exploiter", learns=True, parent="alice@1"),
    ]
    return checkpoints, entrants


def test_a_newcomer_is_believed_to_be_what_it_descends_from() -> None:
    checkpoints, entrants = league()
    pool = Pool.gather(checkpoints, entrants=entrants, ratings={checkpoints[1]: Rating(30, 2)}, prior=PRIOR)
    assert [member.rating.mu for member in pool] == [25, 30, 30, 30]
    rated = {checkpoints[1]: Rating(30, 2), checkpoints[2]: Rating(33, 2)}
    pool = Pool.gather(checkpoints, entrants=entrants, ratings=rated, prior=PRIOR)
    assert [member.rating.mu for member in pool] == [25, 30, 33, 30]


def test_a_pool_knows_its_learners_and_their_newest() -> None:
    checkpoints, entrants = league()
    pool = Pool.gather(checkpoints, entrants=entrants, ratings={}, prior=PRIOR)
    assert pool.learners == ("alice", "bob")
    assert pool.newest("alice").checkpoint == checkpoints[2]
    assert [member.checkpoint for member in pool.of("alice")] == checkpoints[1:3]
    assert [member.role for member in pool] == ["anchor", "main", "main", "main-exploiter"]
    with pytest.raises(UnknownName, match="no checkpoint of 'carol'"):
        pool.newest("carol")


PLUGINS = "tests.plugins.my_schedules"


def test_pythons_own_functions_are_no_mixes() -> None:
    with pytest.raises(BadSpec, match="Python's own"):
        MIXES.make("os:getcwd")


@pytest.mark.parametrize("text", [f"{PLUGINS}:moody({mood!r})" for mood in ["crash", *MOODS]])
def test_a_mix_that_is_none_is_refused_by_name_when_it_is_made(text: str) -> None:
    with pytest.raises(BadSpec, match="does not work") as refused:
        MIXES.make(text)
    assert refused.value.cause.startswith(f"the opponent mix {text!r} does not work: ")


def test_a_mix_is_held_to_its_promise_every_time(tmp_path: Path) -> None:
    flag = tmp_path / "now"
    mix = MIXES.make(f"{PLUGINS}:moody('half', flag={str(flag)!r})")
    assert [choice.branch for choice in mix(facing(0.5))] == ["self"]
    flag.touch()
    with pytest.raises(BadSpec, match=r"expected probabilities that sum to 1, got 0\.5"):
        mix(facing(0.5))
