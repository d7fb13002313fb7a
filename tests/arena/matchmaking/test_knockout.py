"""Knockout: the right number of tables, the strongest wins, and it ends whatever happens on the boards."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.errors import BadConfig
from arena.match import Checkpoint
from arena.matchmaking.bracket import Bracket
from arena.matchmaking.knockout import Knockout, draw, fillings
from arena.matchmaking.stages import Encounter, Group
from tests.arena.matchmaking.tables import Play, by_strength, drawn, played, seeded, void
from tests.arena.ratings.cast import cast


def bracket(members: list[Checkpoint], play: Play, *, seats: int = 2, maker: Knockout | None = None) -> Bracket:
    maker = maker or Knockout()
    stages = played(maker, seeded(members), play, seats=seats)
    return maker.outcome(members, [one for stage in stages for one in stage], seats=seats)


@given(size=st.integers(2, 33), luck=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_strongest_of_any_number_wins_and_all_others_lose_once(size: int, luck: int) -> None:
    members = cast(size)
    random.Random(luck).shuffle(strength := list(members))
    found = bracket(members, by_strength(strength))
    assert found.winner == strength[0]
    assert len(found.ties) == size - 1
    losers = Counter(who for tie in found.ties for who in tie.table if who != tie.winner)
    assert losers == dict.fromkeys(strength[1:], 1)
    assert 1 + found.ties[-1].stage == (size - 1).bit_length()


def test_the_best_seeds_meet_last_and_go_through_first() -> None:
    a, b, c, d, e, f = members = cast(6)
    found = bracket(members, by_strength(members))
    assert [(tie.stage, tie.table) for tie in found.ties] == [
        (0, (c, f)),
        (0, (d, e)),
        (1, (a, d)),
        (1, (b, c)),
        (2, (a, b)),
    ]
    assert draw(members[:5], 2) == ([a, b, c], [(d, e)])
    assert draw(members[:4], 2) == ([], [(a, d), (b, c)])


@pytest.mark.parametrize("play", [drawn, void])
def test_where_nobody_ever_wins_the_better_seed_goes_on(play: Play) -> None:
    members = cast(5)
    found = bracket(members, play, maker=Knockout(replays=2))
    assert found.winner == members[0]
    assert all(tie.level and tie.sets == 3 and tie.winner == tie.table[0] for tie in found.ties)
    assert "by seed" in str(found)


def test_a_level_table_plays_again_while_the_others_wait() -> None:
    a, b, c, d = members = cast(4)

    def play(lineup: Group, before: int) -> Encounter:
        if set(lineup) == {b, c} and before < 6:
            return Encounter(lineup, (1, 1))
        return by_strength(members)(lineup, before)

    maker = Knockout()
    stages = played(maker, seeded(members), play)
    assert [[one.lineup for one in stage] for stage in stages] == [
        [(a, d), (d, a), (b, c), (c, b)],
        [(b, c), (c, b)],
        [(b, c), (c, b)],
        [(a, b), (b, a)],
    ]
    found = maker.outcome(members, [one for stage in stages for one in stage], seats=2)
    assert [tie.sets for tie in found.ties] == [1, 3, 1]
    assert f"{b} - {c}   4 - 2   {b}, after 3 sets" in str(found)


@given(size=st.integers(2, 20), seats=st.integers(3, 5), luck=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_tables_of_many_seats_leave_one_in_the_end(size: int, seats: int, luck: int) -> None:
    members = cast(size)
    random.Random(luck).shuffle(strength := list(members))
    found = bracket(members, by_strength(strength), seats=seats)
    assert found.winner == strength[0]
    losers = Counter(who for tie in found.ties for who in tie.table if who != tie.winner)
    assert losers == dict.fromkeys(strength[1:], 1)


def test_too_few_for_a_table_fill_its_seats_by_turns() -> None:
    a, b, c = cast(3)
    assert fillings((a, b), 3) == [(a, b, a), (b, a, b)]
    assert fillings((a, b), 4) == [(a, b, a, b)]
    assert fillings((a, b, c), 3) == [(a, b, c)]


def test_a_knockout_that_is_not_over_has_no_winner_yet() -> None:
    members = cast(4)
    first = played(Knockout(), seeded(members), by_strength(members))[0]
    found = Knockout().outcome(members, first, seats=2)
    assert (found.winner, found.winners) == (None, ())
    assert str(found).endswith("winner   not yet")
    assert found.as_json()["ties"][0]["winner"] == str(members[0])


def test_only_games_with_winners_can_be_knockouts() -> None:
    with pytest.raises(BadConfig, match="a knockout needs matches that somebody wins"):
        Knockout().stage(seeded(cast(3)), past=[], seats=2, flavour="cooperative", seed=1)
