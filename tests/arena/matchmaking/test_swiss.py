"""Swiss against its own rules, as an oracle finds them by trying all pairings of a small field."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.errors import BadConfig
from arena.match import Checkpoint
from arena.matchmaking import MATCHMAKERS
from arena.matchmaking.stages import Encounter, Group
from arena.matchmaking.swiss import Swiss
from arena.pool import Pool
from games.errors import BadSpec
from tests.arena.matchmaking.tables import by_strength, drawn, played, seeded, void
from tests.arena.ratings.cast import cast, checkpoint

Pair = frozenset[Checkpoint]


def groups(stage: Sequence[Encounter]) -> list[Pair]:
    return list(dict.fromkeys(frozenset(one.lineup) for one in stage))


def pairings(members: Sequence[Checkpoint]) -> Iterator[list[Pair]]:
    """All ways to pair an even number of members."""
    if not members:
        yield []
        return
    first, *others = members
    for other in others:
        rest = [who for who in others if who != other]
        yield from ([frozenset((first, other)), *pairs] for pairs in pairings(rest))


class Oracle:
    """What everybody has, counted by hand."""

    def __init__(self, members: Sequence[Checkpoint]) -> None:
        self.points = dict.fromkeys(members, 0)
        self.met: Counter[Pair] = Counter()
        self.free: Counter[Checkpoint] = Counter()

    def allows(self, stage: Sequence[Pair]) -> bool:
        """Whether no pairing is better: fewest repeated meetings, a fair free place, then the closest scores."""
        members = list(self.points)
        best = min(
            self._cost(pairs, free)
            for free in (members if len(members) % 2 else [None])
            for pairs in pairings([who for who in members if who != free])
        )
        return self._cost(stage, self.resting(stage)) == best

    def resting(self, stage: Sequence[Pair]) -> Checkpoint | None:
        return next((who for who in self.points if not any(who in pair for pair in stage)), None)

    def _cost(self, stage: Sequence[Pair], free: Checkpoint | None) -> tuple[int, int, int]:
        apart = [abs(self.points[one] - self.points[other]) ** 2 for one, other in map(tuple, stage)]
        repeats = sum(self.met[pair] for pair in stage) + (self.free[free] if free else 0)
        below = sum(points < self.points[free] for points in self.points.values()) if free else 0
        return repeats, below, sum(apart)

    def count(self, stage: Sequence[Encounter], *, full: int) -> None:
        for pair in groups(stage):
            self.met[pair] += 1
        if (free := self.resting(groups(stage))) is not None:
            self.free[free] += 1
            self.points[free] += full
        for one in stage:
            for who, earned in zip(one.lineup, one.points, strict=True):
                self.points[who] += earned


@given(size=st.integers(2, 8), rounds=st.integers(1, 5), games=st.integers(1, 4), luck=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_every_stage_is_one_that_the_rules_allow(size: int, rounds: int, games: int, luck: int) -> None:
    members, chance = cast(size), random.Random(luck)

    def play(lineup: Group, _: int) -> Encounter:
        return Encounter(lineup, *chance.choice([((2, 0),), ((1, 1),), ((0, 2),), ((0, 0), True)]))

    oracle = Oracle(members)
    stages = played(Swiss(rounds, games), seeded(members), play)
    assert len(stages) == min(rounds, size - 1 + size % 2)
    for stage in stages:
        assert len(groups(stage)) == size // 2
        assert oracle.allows(groups(stage))
        oracle.count(stage, full=4 * -(-games // 2))
    table = Swiss(rounds, games).outcome(members, [one for stage in stages for one in stage], seats=2)
    assert {place.checkpoint: place.points for place in table.places} == oracle.points
    assert all(place.free == oracle.free[place.checkpoint] for place in table.places)


@given(size=st.integers(2, 40), luck=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_nobody_is_met_twice_and_nobody_rests_twice(size: int, luck: int) -> None:
    members, chance = cast(size), random.Random(luck)
    stages = played(Swiss(), seeded(members), lambda lineup, _: Encounter(lineup, chance.choice([(2, 0), (1, 1), (0, 2)])))
    met = Counter(pair for stage in stages for pair in groups(stage))
    assert set(met.values()) == {1}
    meetings = Counter(who for pair in met for who in pair)
    assert all(len(stages) - 1 <= meetings[who] <= len(stages) for who in members)


def test_the_first_stage_lets_the_upper_half_meet_the_lower() -> None:
    members = cast(8)
    first, *_ = played(Swiss(), seeded(members), drawn)
    assert groups(first) == [frozenset((members[place], members[place + 4])) for place in range(4)]


def test_the_strongest_wins_and_its_opponents_were_the_hardest() -> None:
    members = cast(8)
    random.Random(3).shuffle(strength := list(members))
    stages = played(Swiss(games=4), seeded(members), by_strength(strength))
    table = Swiss(games=4).outcome(members, [one for stage in stages for one in stage], seats=2)
    assert table.winners == (strength[0],)
    assert [place.score for place in table.places] == [3, 2, 2, 2, 1, 1, 1, 0]
    assert str(table).startswith("swiss, 3 stages\n#  agent")
    assert table.as_json()["places"][0]["buchholz"] == table.places[0].buchholz


def test_every_meeting_is_played_from_every_seat_on_deals_of_its_own() -> None:
    proposed = list(Swiss(games=4).stage(seeded(cast(5)), past=[], seats=2, flavour="competitive", seed=1))
    assert Counter(one.deal for one in proposed) == dict.fromkeys(range(4), 2)
    assert Counter(frozenset(one.lineup) for one in proposed).most_common(1)[0][1] == 4


@given(size=st.integers(3, 14), luck=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_tables_of_three_are_full_and_mixed(size: int, luck: int) -> None:
    members, chance = cast(size), random.Random(luck)

    def play(lineup: Group, _: int) -> Encounter:
        order = chance.sample((4, 2, 0), 3)
        return Encounter(lineup, tuple(order))

    stages = played(Swiss(rounds=3, games=3), seeded(members), play, seats=3)
    rests = Counter(dict.fromkeys(members, 0))
    for stage in stages:
        sitting = [who for group in groups(stage) for who in group]
        assert len(sitting) == len(set(sitting)) == size // 3 * 3
        rests.update(set(members) - set(sitting))
    assert max(rests.values()) - min(rests.values()) <= 1


def test_an_agent_takes_part_with_its_newest_checkpoint() -> None:
    old, new, bob = checkpoint("alice", 1), checkpoint("alice", 2), checkpoint("bob")
    (stage,) = played(Swiss(), seeded([old, bob, new]), drawn)
    assert groups(stage) == [frozenset((new, bob))]


def test_void_matches_give_points_to_nobody_and_it_ends_all_the_same() -> None:
    members = cast(6)
    stages = played(Swiss(), seeded(members), void)
    table = Swiss().outcome(members, [one for stage in stages for one in stage], seats=2)
    assert {place.score for place in table.places} == {0}


def test_mistakes_are_said_plainly() -> None:
    with pytest.raises(BadConfig, match="a swiss of this game needs 2 agents or more, got 0"):
        Swiss().stage(Pool(), past=[], seats=2, flavour="competitive", seed=1)
    with pytest.raises(BadConfig, match="those of a mixed game prove something only together"):
        Swiss().stage(seeded(cast(3)), past=[], seats=2, flavour="mixed", seed=1)
    with pytest.raises(BadSpec, match="rounds must be a whole number"):
        MATCHMAKERS.make("swiss(rounds=0)")


def test_pairs_go_by_rating_and_not_by_the_order_of_the_pool() -> None:
    pool, play = seeded(cast(7)), by_strength(cast(7))
    turned = Pool(tuple(reversed(pool.members)))
    one, other = ([groups(stage) for stage in played(Swiss(), these, play)] for these in (pool, turned))
    assert one == other
