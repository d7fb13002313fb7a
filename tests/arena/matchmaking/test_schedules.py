"""Schedules are fair: every pair as often, every seat as often, on the same deals, and always the same."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.errors import BadConfig
from arena.match import Checkpoint, Pairing
from arena.matchmaking import MATCHMAKERS
from arena.matchmaking.gauntlet import Gauntlet
from arena.matchmaking.round_robin import RoundRobin, berger
from arena.matchmaking.schedule import planned, rotations
from arena.pool import Member, Pool
from arena.ratings.comparisons import comparisons
from arena.ratings.model import Rating
from games.errors import ArenaError, BadSpec, UnknownName
from games.spec import GameSpec
from tests.arena.ratings.cast import cast, checkpoint, result

NONSENSE = ["crash", "nothing", "names", "alone", "twins", "stranger", "deal"]


def pool_of(*checkpoints: Checkpoint, learners: tuple[str, ...] = ()) -> Pool:
    return Pool(tuple(Member(who, "main", who.agent in learners, Rating(25, 8)) for who in checkpoints))


def rules(seats: int = 2, *, flavour: str = "competitive", teams: tuple[int, ...] = ()) -> GameSpec:
    return GameSpec("any", 1, flavour, seats, 2, (1,), 1, (-1.0, 1.0), teams)  # type: ignore[arg-type]


def propose(text: str, pool: Pool, *, seats: int = 2, flavour: str = "competitive") -> list[Pairing]:
    pairings: list[Pairing] = MATCHMAKERS.make(text).propose(pool, seats=seats, flavour=flavour, seed=1)
    return pairings


@given(size=st.integers(0, 11), games=st.integers(1, 7), seats=st.integers(2, 3))
@settings(max_examples=60, deadline=None)
def test_in_a_round_robin_all_meet_equally_often_from_every_seat(size: int, games: int, seats: int) -> None:
    members = cast(size)
    pairings = propose(f"round_robin(games={games})", pool_of(*members), seats=seats)
    if size < seats:
        assert seats == 3 or pairings == []
        return
    each = -(-games // seats) * seats
    assert Counter(frozenset(one.lineup) for one in pairings) == {
        frozenset(group): each for group in combinations(members, seats)
    }
    taken = Counter((who, seat) for one in pairings for seat, who in enumerate(one.lineup))
    assert len(set(taken.values())) == 1
    assert len(taken) == size * seats


@pytest.mark.parametrize("flavour", ["competitive", "cooperative", "mixed"])
@pytest.mark.parametrize("text", ["round_robin(games=4)", "gauntlet('agent02', games=4)"])
@pytest.mark.parametrize("seats", [2, 3])
def test_every_deal_is_played_from_every_seat(flavour: str, text: str, seats: int) -> None:
    pairings = propose(text, pool_of(*cast(5)), seats=seats, flavour=flavour)
    proposed = Counter(pairings)
    assert max(proposed.values()) == 1, "a match is played once"
    for one in pairings:
        assert all(Pairing(lineup, one.deal) in proposed for lineup in rotations(one.lineup))


def test_competitive_mirrored_pairs_have_deals_of_their_own() -> None:
    deals = Counter(one.deal for one in propose("round_robin(games=4)", pool_of(*cast(4))))
    assert deals == dict.fromkeys(range(12), 2)


@pytest.mark.parametrize("flavour", ["cooperative", "mixed"])
def test_repetitions_share_their_deals_so_that_agents_can_be_compared(flavour: str) -> None:
    members = cast(4)
    pairings = propose("round_robin(games=4)", pool_of(*members), flavour=flavour)
    lineups = [(one, other) for one in members for other in members]
    assert Counter(pairings) == {Pairing(lineup, deal): 1 for lineup in lineups for deal in (0, 1)}
    results = [result(i, one.lineup, [i % 3, i % 3], seed=one.deal) for i, one in enumerate(pairings)]
    proved = list(comparisons(results, flavour))  # type: ignore[arg-type]
    assert len(proved) == 2 * 2 * 4  # a ranking for each deal, seat and partner
    assert all(len(one.teams) == 4 for one in proved)


def test_nobody_plays_itself_in_a_competitive_game() -> None:
    assert propose("round_robin", pool_of(*cast(1))) == []
    assert all(len(set(one.lineup)) == 2 for one in propose("round_robin", pool_of(*cast(5))))


def test_few_members_fill_many_seats_with_twins_but_never_alone() -> None:
    a, b = cast(2)
    lineups = {one.lineup for one in propose("round_robin", pool_of(a, b), seats=3)}
    assert lineups == {(a, a, b), (a, b, a), (b, a, a), (a, b, b), (b, b, a), (b, a, b)}


@given(size=st.integers(2, 15))
@settings(max_examples=14, deadline=None)
def test_on_each_of_bergers_days_everybody_plays_once(size: int) -> None:
    days = list(berger(cast(size)))
    assert len(days) == size - 1 + size % 2
    for day in days:
        players = [who for pair in day for who in pair]
        assert len(players) == len(set(players)) == size - size % 2


def test_a_schedule_is_a_function_of_the_pool() -> None:
    for text in ("round_robin", "gauntlet('agent00')"):
        assert propose(text, pool_of(*cast(6))) == propose(text, pool_of(*cast(6)))


def test_a_challenger_meets_everybody_else() -> None:
    old, new, bot, other = checkpoint("alice", 1), checkpoint("alice", 2), checkpoint("bot"), checkpoint("bob")
    pairings = propose("gauntlet('alice')", pool_of(old, bot, other, new))
    assert Counter(one.lineup for one in pairings) == {
        lineup: 1 for rival in (old, bot, other) for lineup in [(new, rival), (rival, new)]
    }


def test_without_a_name_the_learners_newest_challenge_and_meet_each_other_once() -> None:
    old, alice, bot, bob = checkpoint("alice", 1), checkpoint("alice", 2), checkpoint("bot"), checkpoint("bob")
    pairings = propose("gauntlet", pool_of(old, bot, bob, alice, learners=("alice", "bob")))
    met = Counter(frozenset(one.lineup) for one in pairings)
    assert met == {frozenset(pair): 2 for pair in [(alice, old), (alice, bot), (alice, bob), (bob, old), (bob, bot)]}


def test_a_mixed_gauntlet_compares_all_with_the_challengers_twin() -> None:
    a, b, c = cast(3)
    lineups = Counter(one.lineup for one in propose("gauntlet('agent00')", pool_of(a, b, c), flavour="mixed"))
    assert lineups == {(a, a): 1, (a, b): 1, (b, a): 1, (a, c): 1, (c, a): 1}


def test_challengers_in_a_game_for_three_meet_each_table_once() -> None:
    pairings = Gauntlet(games=3).propose(
        pool_of(*cast(4), learners=("agent00", "agent01")), seats=3, flavour="competitive", seed=0
    )
    met = Counter(frozenset(one.lineup) for one in pairings)
    assert met == {frozenset(group): 3 for group in combinations(cast(4), 3)}


@pytest.mark.parametrize("text", ["round_robin(games=2)", "gauntlet('agent00', games=2)"])
@pytest.mark.parametrize(("teams", "sides"), [((0, 0, 1, 1), "aabb"), ((1, 0, 1, 0), "baba"), ((5, 7, 7), "abb")])
def test_where_teams_compete_each_pair_meets_with_one_checkpoint_for_a_team(
    text: str, teams: tuple[int, ...], sides: str
) -> None:
    a, b = members = cast(2)
    proposed = planned(text, pool_of(*members), games=2, rules=rules(len(teams), teams=teams), seed=1)
    lineup = tuple({"a": a, "b": b}[side] for side in sides)
    mirror = tuple({"a": b, "b": a}[side] for side in sides)
    assert proposed == [Pairing(lineup, 0), Pairing(mirror, 0)]


def test_team_mates_of_a_cooperative_game_are_seated_one_by_one() -> None:
    a, b = members = cast(2)
    proposed = planned("round_robin", pool_of(*members), games=2, rules=rules(flavour="cooperative", teams=(0, 0)), seed=1)
    assert Counter(one.lineup for one in proposed) == {(a, a): 1, (b, b): 1, (a, b): 1, (b, a): 1}


def test_mistakes_are_said_plainly() -> None:
    pool = pool_of(*cast(3))
    with pytest.raises(UnknownName, match="no checkpoint of 'alise' is in the pool"):
        propose("gauntlet('alise')", pool)
    with pytest.raises(ArenaError, match="needs a learner"):
        propose("gauntlet", pool)
    for text in ("round_robin(games=0)", "gauntlet(games=1.5)"):
        with pytest.raises(BadSpec, match="games must be a whole number"):
            MATCHMAKERS.make(text)


def test_a_schedule_is_found_as_the_command_line_spells_it() -> None:
    assert MATCHMAKERS.make("round-robin(games=6)") == RoundRobin(games=6)


PLUGIN = "tests.plugins.my_schedules:Capricious"


def test_what_is_no_matchmaker_is_refused_before_it_is_called() -> None:
    with pytest.raises(BadSpec, match="'os:getcwd' is Python's own"):
        planned("os:getcwd", pool_of(*cast(3)), games=2, rules=rules(), seed=1)


@pytest.mark.parametrize("text", [f"{PLUGIN}({mood!r})" for mood in NONSENSE])
def test_a_matchmaker_that_proposes_nonsense_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadSpec) as refused:
        planned(text, pool_of(*cast(3)), games=2, rules=rules(), seed=1)
    assert refused.value.cause.startswith(f"the matchmaker {text!r} does not work: ")


@pytest.mark.parametrize(
    ("text", "size", "seats", "games", "said"),
    [
        ("round_robin", 2, 2, 10**12, "from 1 to 250000, got 1000000000000"),
        ("round_robin", 3, 2, 250_000, "would have 750,000 matches or more"),
        ("round_robin", 5000, 2, 2, "would have 500,002 matches or more"),
        ("round_robin", 400, 5, 2, "would have 1,250,005 matches or more"),
        ("gauntlet", 800, 3, 2, "would have 750,003 matches or more"),
        (f"{PLUGIN}('endless')", 2, 2, 2, "would have 250,001 matches or more"),
    ],
)
def test_a_round_without_measure_is_refused_before_it_is_made(
    text: str, size: int, seats: int, games: int, said: str
) -> None:
    pool = pool_of(*cast(size), learners=("agent00",))
    with pytest.raises((BadConfig, BadSpec), match=said) as refused:
        planned(text, pool, games=games, rules=rules(seats), seed=1)
    assert refused.value.exit_code == 2
