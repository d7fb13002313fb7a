"""What tournaments share: who takes part, and the meetings that their matches make up.

An agent takes part with its newest checkpoint; its older ones do not. A meeting is a mirrored set of matches, each deal
from every seat, so sides are balanced in each of them and nobody need be owed one. A void match gives points to nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from arena.errors import BadConfig
from arena.match import Checkpoint
from arena.matchmaking.schedule import rotations
from arena.matchmaking.stages import Encounter, Group
from arena.pool import Pool


@dataclass(frozen=True)
class Meeting:
    """A group that met, and the points of each member, as in `Encounter`, over all matches."""

    group: Group
    points: Counter[Checkpoint]


def field(pool: Pool, *, schedule: str, least: int = 2) -> list[Checkpoint]:
    """The newest checkpoint of every agent, seeded: the highest mu first. Raises `BadConfig` for too few of them."""
    newest = {member.checkpoint.agent: member for member in pool}
    if len(newest) < least:
        raise BadConfig(
            f"a {schedule} of this game needs {least} agents or more, got {len(newest)}", hint="register another one"
        )
    order = {member.checkpoint: place for place, member in enumerate(pool)}
    seeded = sorted(newest.values(), key=lambda one: (-one.rating.mu, order[one.checkpoint]))
    return [member.checkpoint for member in seeded]


def set_of(group: Group, games: int) -> int:
    """How many matches a mirrored set of at least `games` of a group has."""
    return len(rotations(group)) * -(-games // len(group))


def meetings(past: Sequence[Encounter], games: int) -> list[Meeting]:
    """The matches so far, cut into meetings; each was proposed whole."""
    found, start = [], 0
    while start < len(past):
        group = past[start].lineup
        matches = past[start : start + set_of(group, games)]
        points: Counter[Checkpoint] = Counter(dict.fromkeys(group, 0))
        for match in matches:
            for who, earned in zip(match.lineup, match.points, strict=True):
                points[who] += earned
        found.append(Meeting(group, points))
        start += len(matches)
    return found
