"""What all schedules share: the protocol, and fairness. Groups of checkpoints become mirrored matches with deals.

A group plays every rotation of its lineup on one deal (one seed), so the luck of the deal and of the seat cancels. Where
teams compete, a schedule knows them as seats, one checkpoint for each, and `planned` seats it on all places of its team.

competitive          Each mirrored set of matches has its own deal; nobody plays itself.
cooperative, mixed   The n-th repetition has deal n for *all* groups: agents are compared on the same seed. Groups with
                     twins belong to it, as in Axelrod's tournaments: how well an agent gets on with itself is part of
                     how good it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count, islice
from typing import Protocol

from arena.errors import BadConfig
from arena.match import Checkpoint, Pairing, Result
from arena.matchmaking import MATCHMAKERS
from arena.matchmaking.stages import GROWTH, Extent, Foretold, Group, Span, Staged, encounters
from arena.pool import Pool, plugged
from games.spec import Flavour, GameSpec

MOST = 250_000  # matches of a round, which are planned and stored before the first is played


class Matchmaker(Protocol):
    """Proposes the rated matches of one round, all at once; one that sees how they go is `Staged`."""

    def propose(self, pool: Pool, *, seats: int, flavour: Flavour, seed: int) -> list[Pairing]:
        """The matches of a round, in the order to be played. A pure function: all chance comes from `seed`."""


def planned(
    text: str,
    pool: Pool,
    *,
    games: int,
    rules: GameSpec,
    seed: int,
    past: Sequence[Result] = (),
    endless: bool = False,
) -> list[Pairing]:
    """The matches that the matchmaker of a spec proposes after the round's `past`, with deals that are new in the round.

    `games` is for a spec that says no number of its own; `endless` is for a ladder that something else will end. A
    schedule of one stage is simply asked again, and in a long round played several times over. In a competitive game of
    teams one checkpoint holds all seats of a team.

    Raises what `Registry.make` and the matchmaker raise, `BadSpec` where it breaks or proposes what cannot be played,
    `BadConfig` where a round would be larger than `MOST`.
    """
    matchmaker: Matchmaker | Staged = MATCHMAKERS.make(text, games=games, endless=endless)
    sides, flavour = sides_of(rules), rules.flavour
    seats = max(sides) + 1
    with plugged("matchmaker", text):
        if isinstance(matchmaker, Staged):
            met = encounters(past, sides)
            proposed = matchmaker.stage(pool, past=met, seats=seats, flavour=flavour, seed=seed)
        elif hasattr(matchmaker, "propose"):
            proposed = matchmaker.propose(pool, seats=seats, flavour=flavour, seed=seed)
        else:
            raise TypeError(f"expected something with a method propose, got a {type(matchmaker).__name__}")
        pairings = list(islice(proposed, MOST - len(past) + 1))
        _measured(len(past) + len(pairings))
        members = set(pool.checkpoints)
        for one in pairings:
            if not isinstance(one, Pairing) or type(one.deal) is not int:
                raise TypeError(f"expected pairings, each with a whole number as its deal, got {one!r}")
        for lineup in {id(one.lineup): one.lineup for one in pairings}.values():  # repetitions share theirs
            if len(lineup) != seats or not members.issuperset(lineup) or not may_meet(lineup, flavour):
                raise ValueError(f"expected lineups of {seats} that may meet, got {', '.join(map(str, lineup))}")
    if past:
        size = max(1, len(pairings))  # a stage has fewer deals than matches
        turns = 1 if isinstance(matchmaker, Staged) else max(1, len(past) // (GROWTH * size))
        pairings = [Pairing(one.lineup, one.deal + len(past) + turn * size) for turn in range(turns) for one in pairings]
    if seats == rules.seats:
        return pairings
    return [Pairing(tuple([one.lineup[side] for side in sides]), one.deal) for one in pairings]


def extent(text: str, pool: Pool, *, games: int, rules: GameSpec, first: int, endless: bool = False) -> Extent:
    """How long a round of the spec's schedule goes on, whose first stage has `first` matches."""
    matchmaker = MATCHMAKERS.make(text, games=games, endless=endless)
    if isinstance(matchmaker, Foretold) and not endless:
        with plugged("matchmaker", text):
            return matchmaker.extent(pool, seats=max(sides_of(rules)) + 1)
    known = not endless and not isinstance(matchmaker, Staged)
    return Extent(Span(1, 1 if known else None), Span(first, first if known else None))


def sides_of(rules: GameSpec) -> tuple[int, ...]:
    """The side of each seat, 0, 1, ...: its team where teams compete, elsewhere the seat itself."""
    if rules.flavour != "competitive":
        return tuple(range(rules.seats))
    numbers = {team: side for side, team in enumerate(sorted(set(rules.team_of)))}
    return tuple(numbers[team] for team in rules.team_of)


def mirrored(groups: Iterable[Group], *, games: int, flavour: Flavour) -> list[Pairing]:
    """Every group on at least `games` matches, rounded up to whole mirrored sets.

    A rotation that changes nothing is not played twice on one deal: it would be the same match. Raises `BadConfig`
    before it makes more than `MOST`.
    """
    tables = [(rotations(group), -(-games // len(group))) for group in islice(groups, MOST + 1)]
    _measured(sum(len(lineups) * repetitions for lineups, repetitions in tables))
    own_deals = count()
    pairings = []
    for lineups, repetitions in tables:
        deals = islice(own_deals, repetitions) if flavour == "competitive" else range(repetitions)
        pairings += [Pairing(lineup, deal) for deal in deals for lineup in lineups]
    return pairings


def _measured(matches: int) -> None:
    if matches > MOST:
        raise BadConfig(
            f"a round would have {matches:,} matches or more, expected at most {MOST:,}",
            hint="choose fewer games, less history or fewer agents, or a gauntlet as the schedule",
        )


def rotations(group: Group) -> list[Group]:
    """The distinct lineups that come of moving everybody on by one seat."""
    return list(dict.fromkeys(group[shift:] + group[:shift] for shift in range(len(group))))


def may_meet(group: Sequence[Checkpoint], flavour: Flavour) -> bool:
    """Whether a match of this group could prove anything."""
    return flavour != "competitive" or len(set(group)) > 1
