"""How long a round will go on, told before it is played, and then played."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.match import Checkpoint, Pairing
from arena.matchmaking.knockout import Knockout
from arena.matchmaking.ladder import Ladder
from arena.matchmaking.schedule import extent
from arena.matchmaking.stages import Encounter, Extent, Group, Span
from arena.matchmaking.swiss import Swiss
from arena.pool import Pool
from games.spec import GameSpec
from tests.arena.matchmaking.tables import Play, by_strength, drawn, played, seeded
from tests.arena.ratings.cast import cast

RULES = GameSpec("g", 1, "competitive", 2, 2, (1,), 1, (-1.0, 1.0))


def chancy(seed: int) -> Play:
    """Anything may come of a match."""

    def play(lineup: Group, before: int) -> Encounter:
        rng = random.Random(seed + before)
        return Encounter(lineup, tuple(rng.randrange(3) for _ in lineup), void=rng.random() < 0.1)

    return play


@given(
    size=st.integers(2, 20), seats=st.integers(2, 4), games=st.integers(1, 5), rounds=st.integers(1, 6), luck=st.integers(0)
)
@settings(max_examples=40, deadline=None)
def test_a_swiss_tournament_is_as_long_as_it_said(size: int, seats: int, games: int, rounds: int, luck: int) -> None:
    pool, maker = seeded(cast(max(size, seats))), Swiss(rounds=rounds, games=games)
    stages = played(maker, pool, chancy(luck), seats=seats)
    matches = sum(map(len, stages))
    assert maker.extent(pool, seats=seats)[:2] == (Span(len(stages), len(stages)), Span(matches, matches))


@given(
    size=st.integers(2, 30),
    seats=st.integers(2, 4),
    games=st.integers(1, 5),
    replays=st.integers(0, 3),
    luck=st.integers(0),
)
@settings(max_examples=40, deadline=None)
def test_a_knockout_is_within_its_bounds_and_reaches_both(
    size: int, seats: int, games: int, replays: int, luck: int
) -> None:
    members = cast(size)
    pool, maker = seeded(members), Knockout(games=games, replays=replays)
    told = maker.extent(pool, seats=seats)

    def matches(play: Play) -> int:
        return sum(map(len, played(maker, pool, play, seats=seats)))

    assert told.matches.most is not None
    assert told.matches.least <= matches(chancy(luck)) <= told.matches.most
    assert matches(by_strength(members)) == told.matches.least
    assert matches(drawn) == told.matches.most
    ties = maker.outcome(members, [one for stage in played(maker, pool, drawn, seats=seats) for one in stage], seats=seats)
    assert told.stages == Span(ties.ties[-1].stage + 1, ties.ties[-1].stage + 1)


@given(size=st.integers(1, 20), seats=st.integers(2, 4), games=st.integers(1, 60), luck=st.integers(0))
@settings(max_examples=40, deadline=None)
def test_a_ladder_is_as_long_as_it_said(size: int, seats: int, games: int, luck: int) -> None:
    pool, maker = seeded(cast(size)), Ladder(games=games)
    stages = played(maker, pool, chancy(luck), seats=seats)
    matches = sum(map(len, stages))
    assert maker.extent(pool, seats=seats)[:2] == (Span(len(stages), len(stages)), Span(matches, matches))


def asked(schedule: str, *, first: int = 12, endless: bool = False) -> Extent:
    return extent(schedule, seeded(cast(4)), games=10, rules=RULES, first=first, endless=endless)


def test_what_has_no_stages_is_played_at_once() -> None:
    assert asked("round_robin") == Extent(Span(1, 1), Span(12, 12))
    assert asked("swiss") == Extent(Span(2, 2), Span(40, 40), always=True)


@pytest.mark.parametrize("schedule", ["round_robin", "ladder"])
def test_what_something_else_ends_has_no_upper_bound(schedule: str) -> None:
    assert asked(schedule, endless=True) == Extent(Span(1, None), Span(12, None))


class Secretive:
    """A user's own schedule in stages, which cannot say how many there will be."""

    tournament = False

    def __init__(self, games: int = 1, endless: bool = False) -> None:
        pass

    def stage(self, pool: Pool, *, past: list[Checkpoint], seats: int, flavour: str, seed: int) -> list[Pairing]:
        return []


def test_a_schedule_that_cannot_say_is_known_by_its_first_stage() -> None:
    assert asked(f"{__name__}:Secretive") == Extent(Span(1, None), Span(12, None))


def test_spans_are_said_in_words() -> None:
    assert [str(Span(7, 7)), str(Span(7, 1400)), str(Span(7, None))] == ["7", "from 7 to 1,400", "at least 7"]
