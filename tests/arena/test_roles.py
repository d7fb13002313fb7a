"""Roles: whom a main and its exploiters meet and why, when they are frozen, and when they begin anew. Pure functions."""

from __future__ import annotations

from collections import Counter
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.match import ROLES, Checkpoint
from arena.pool import MIXES, Candidate, Draw
from arena.roles import begins_anew, frozen_after
from games.errors import BadSpec

ALL, AS_NOW, SNAPSHOTS = "everybody, pfsp hard", "self-play: as it is now", "self-play: its snapshots, pfsp var"
EXPLOITERS, FORGOTTEN = "verification: exploiters", "verification: forgotten selves"


def one(name: str, win_rate: float, *, role: str = "main", learns: bool = True) -> Candidate:
    """'me@3' is the learner's own."""
    agent, _, version = name.partition("@")
    made = Checkpoint.make(agent, int(version), spec="ppo")
    return Candidate(made, win_rate, role=role, learns=learns, own=agent == "me")


def drawn(role: str, *pool: Candidate) -> dict[tuple[str, str], float]:
    """How likely each is drawn for each reason; 'me' is the living self."""
    choices: Counter[tuple[str, str]] = Counter()
    for choice in MIXES.make(f"alphastar({role!r})")(pool):
        choices[str(choice.opponent or "me"), choice.branch] += choice.probability
    return {reason: chance for reason, chance in choices.items() if chance}


def shares(role: str, *pool: Candidate) -> dict[str, float]:
    """How likely each branch is."""
    by_branch: Counter[str] = Counter()
    for (_, branch), chance in drawn(role, *pool).items():
        by_branch[branch] += chance
    return {branch: pytest.approx(chance) for branch, chance in by_branch.items()}


def test_a_main_alone_meets_all_half_of_the_time_and_itself_the_other_half() -> None:
    bot = one("bot@1", 0.5, learns=False)
    assert drawn("main", one("me@1", 0.9), bot) == {
        ("me", "self-play"): 0.5,
        ("me@1", ALL): pytest.approx(0.5 * 0.1**2 / (0.1**2 + 0.5**2)),
        ("bot@1", ALL): pytest.approx(0.5 * 0.5**2 / (0.1**2 + 0.5**2)),
    }


def test_mains_are_met_by_turns_as_they_are_now() -> None:
    met = drawn("main", one("me@1", 0.9), one("rival@1", 0.9), one("rival@2", 0.4))
    assert met["me", "self-play"] == met["rival@2", AS_NOW] == 0.25


def test_where_a_main_is_too_strong_its_snapshots_teach_the_way_to_it() -> None:
    met = drawn("main", one("me@1", 0.9), one("rival@1", 0.5), one("rival@2", 0.2))
    assert met["rival@1", SNAPSHOTS] == pytest.approx(0.25 * 0.25 / (0.25 + 0.16))
    assert met["rival@2", SNAPSHOTS] == pytest.approx(0.25 * 0.16 / (0.25 + 0.16))
    assert ("rival@2", AS_NOW) not in met


@pytest.mark.parametrize(("rate", "reason"), [(0.31, AS_NOW), (0.29, SNAPSHOTS)])
def test_a_main_is_too_strong_where_it_wins_seven_games_in_ten(rate: float, reason: str) -> None:
    met = drawn("main", one("me@1", 0.9), one("rival@1", 0.9), one("rival@2", rate))
    assert ("rival@2", reason) in met
    assert ("rival@2", {AS_NOW: SNAPSHOTS, SNAPSHOTS: AS_NOW}[reason]) not in met


@pytest.mark.parametrize(("rate", "verified"), [(0.31, 0), (0.29, 0.15)])
def test_an_exploiter_is_dangerous_that_wins_seven_games_in_ten(rate: float, verified: float) -> None:
    met = shares("main", one("me@1", 0.9), one("sly@1", rate, role="main-exploiter"))
    assert met.get(EXPLOITERS, 0) == verified


@pytest.mark.parametrize(("rate", "verified"), [(0.71, 0), (0.69, 0.15)])
def test_a_self_is_forgotten_that_is_beaten_less_than_seven_times_in_ten(rate: float, verified: float) -> None:
    met = shares("main", one("me@1", rate), one("me@2", 0.8), one("me@3", 0.5))
    assert met.get(FORGOTTEN, 0) == verified


@pytest.mark.parametrize(("rate", "branch"), [(0.11, "as it is now"), (0.09, "its snapshots, pfsp var")])
def test_a_main_is_hopeless_to_exploit_that_wins_nine_games_in_ten(rate: float, branch: str) -> None:
    met = shares("main-exploiter", one("alice@1", 0.5), one("alice@2", rate))
    assert set(met) == {f"exploit main: {branch}"}


def test_exploiters_that_win_are_verified_first() -> None:
    pool = [
        one("me@1", 0.1),
        one("me@2", 0.9),  # forgotten too, but exploiters come first
        one("sly@1", 0.2, role="main-exploiter"),
        one("sly@2", 0.4, role="main-exploiter"),  # no longer dangerous
        one("bot@1", 0.1, role="main-exploiter", learns=False),
    ]
    assert shares("main", *pool) == {ALL: 0.5, "self-play": 0.35, EXPLOITERS: 0.15}
    assert [who for who, branch in drawn("main", *pool) if branch == EXPLOITERS] == ["sly@1"]


def test_a_self_that_wins_again_is_verified_but_not_the_newest_that_are_hard_by_right() -> None:
    own = [one("me@1", 0.6), one("me@2", 0.8), one("me@3", 0.7), one("me@4", 0.5)]
    assert shares("main", *own) == {ALL: 0.5, "self-play": 0.35, FORGOTTEN: 0.15}
    assert [who for who, branch in drawn("main", *own) if branch == FORGOTTEN] == ["me@1"]


@pytest.mark.parametrize("rates", [[0.9, 0.8, 0.6, 0.5], [0.8, 0.9, 0.5], [0.5], [0.8, 0.95]])
def test_a_main_that_has_forgotten_nothing_plays_itself_instead(rates: list[float]) -> None:
    own = [one(f"me@{version}", rate) for version, rate in enumerate(rates, 1)]
    assert shares("main", *own) == {ALL: 0.5, "self-play": 0.5}


def test_a_main_exploiter_meets_mains_and_nobody_else() -> None:
    pool = [
        one("me@1", 0.5, role="main-exploiter"),
        one("alice@1", 0.9),
        one("alice@2", 0.11),
        one("bob@1", 0.3),
        one("bob@2", 0.1),
        one("hunter@1", 0.5, role="league-exploiter"),
        one("bot@1", 0.5, learns=False),
    ]
    assert drawn("main-exploiter", *pool) == {
        ("alice@2", "exploit main: as it is now"): 0.5,
        ("bob@1", "exploit main: its snapshots, pfsp var"): pytest.approx(0.5 * 0.21 / 0.3),
        ("bob@2", "exploit main: its snapshots, pfsp var"): pytest.approx(0.5 * 0.09 / 0.3),
    }


def test_without_a_main_there_is_nothing_to_exploit() -> None:
    assert drawn("main-exploiter", one("bot@1", 0.5, learns=False)) == {("me", "no main to exploit"): 1.0}


def test_a_league_exploiter_meets_all_but_those_it_beats() -> None:
    pool = [one("me@1", 1.0, role="league-exploiter"), one("alice@1", 0.2), one("bot@1", 0.75, learns=False)]
    branch = "exploit everybody, pfsp capped"
    assert drawn("league-exploiter", *pool) == {
        ("alice@1", branch): pytest.approx(2 / 3),
        ("bot@1", branch): pytest.approx(1 / 3),
    }


@pytest.mark.parametrize("role", ROLES)
def test_with_an_empty_pool_there_is_only_the_living_self(role: str) -> None:
    choices: list[Draw] = MIXES.make(f"alphastar({role!r})")([])
    assert {choice.opponent for choice in choices} == {None}


candidates = st.builds(
    one,
    st.builds("{}@{}".format, st.sampled_from(["me", "alice", "bob", "sly"]), st.integers(1, 3)),
    st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1)),
    role=st.sampled_from(ROLES),
    learns=st.booleans(),
)


@pytest.mark.parametrize("role", ROLES)
@given(pool=st.lists(candidates, max_size=8, unique_by=lambda made: made.checkpoint))
@settings(max_examples=80, deadline=None)
def test_roles_meet_by_a_distribution_whatever_comes(role: str, pool: list[Candidate]) -> None:
    chances = [choice.probability for choice in MIXES.make(f"alphastar({role!r})")(pool)]
    assert sum(chances) == pytest.approx(1)
    assert all(isfinite(chance) and chance >= 0 for chance in chances)


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(BadSpec, match="knows no role 'mian'"):
        MIXES.make("alphastar('mian')")


def test_a_learner_is_frozen_when_it_beats_all_or_has_long_tried() -> None:
    weak, strong = one("weak@1", 0.71), one("strong@1", 0.7)
    for role in ("main", "league-exploiter"):
        assert frozen_after(role, [weak], 1)
        assert not frozen_after(role, [weak, strong], 1)
        assert frozen_after(role, [weak, strong], 2)
        assert not frozen_after(role, [weak], 0)
        assert not frozen_after(role, [], 1)


def test_a_main_exploiter_need_beat_only_the_mains_as_they_are_now() -> None:
    bot, old, new = one("bot@1", 0.1, learns=False), one("alice@1", 0.2), one("alice@2", 0.8)
    assert frozen_after("main-exploiter", [bot, old, new], 1)
    assert not frozen_after("main-exploiter", [bot, old, new, one("bob@1", 0.6)], 1)
    assert not frozen_after("main-exploiter", [bot], 1)


def test_main_exploiters_begin_anew_always_league_exploiters_now_and_then_mains_never() -> None:
    share = {role: sum(begins_anew(role, seed) for seed in range(4000)) / 4000 for role in ROLES}
    assert share == {"main": 0, "main-exploiter": 1, "league-exploiter": pytest.approx(0.25, abs=0.03), "anchor": 0}
