"""The table of a Swiss tournament: where everybody stands after some stages. It prints itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arena.match import Checkpoint
from arena.matchmaking.stages import Group
from arena.matchmaking.tournament import Meeting, set_of
from arena.tables import table


@dataclass(frozen=True)
class SwissPlace:
    """Where somebody stands. A meeting is worth 1 point, and so is a free place; what was void is worth nothing."""

    rank: int  # equal ranks share the lower number
    checkpoint: Checkpoint
    points: int  # as in `Encounter`, over all matches
    score: float
    buchholz: float  # the scores of those met, summed: how hard it was
    met: tuple[Checkpoint, ...]
    free: int  # stages without a meeting


@dataclass(frozen=True)
class SwissStandings:
    """A Swiss tournament after some stages, the best first."""

    places: tuple[SwissPlace, ...]
    stages: int

    @classmethod
    def of(cls, seeded: Sequence[Checkpoint], days: Sequence[Sequence[Meeting]], *, games: int) -> SwissStandings:
        points, met = dict.fromkeys(seeded, 0), {who: list[Checkpoint]() for who in seeded}
        full = _full(days[0][0].group, games) if days else 1
        free = dict.fromkeys(seeded, len(days))
        for meeting in (one for day in days for one in day):
            for who in meeting.group:
                points[who] += meeting.points[who]
                met[who] += [other for other in meeting.group if other != who]
                free[who] -= 1
        points = {who: earned + full * free[who] for who, earned in points.items()}
        hard = {who: sum(points[other] for other in met[who]) for who in seeded}
        order = sorted(seeded, key=lambda who: (-points[who], -hard[who]))
        ranks = [(points[who], hard[who]) for who in order]
        return cls(
            tuple(
                SwissPlace(
                    ranks.index(ranks[place]) + 1,
                    who,
                    points[who],
                    points[who] / full,
                    hard[who] / full,
                    tuple(met[who]),
                    free[who],
                )
                for place, who in enumerate(order)
            ),
            len(days),
        )

    @property
    def winners(self) -> tuple[Checkpoint, ...]:
        """Who is first; several where nothing parts them."""
        return tuple(place.checkpoint for place in self.places if place.rank == 1)

    def __str__(self) -> str:
        rows = [
            (one.rank, one.checkpoint, f"{one.score:.2f}", f"{one.buchholz:.2f}", ", ".join(map(str, one.met)))
            for one in self.places
        ]
        shown = table(("#", "agent", "score", "buchholz", "met"), rows, right=(0, 2, 3))
        return f"swiss, {self.stages} stage{'s' * (self.stages != 1)}\n{shown}"

    def as_json(self) -> dict[str, Any]:
        """Stable keys."""
        places = [
            {
                "rank": one.rank,
                "agent": str(one.checkpoint),
                "score": one.score,
                "buchholz": one.buchholz,
                "met": list(map(str, one.met)),
                "free": one.free,
            }
            for one in self.places
        ]
        return {"schedule": "swiss", "stages": self.stages, "winners": list(map(str, self.winners)), "places": places}


def _full(group: Group, games: int) -> int:
    """The points of somebody who wins a whole meeting."""
    return set_of(group, games) * 2 * (len(group) - 1)
