"""The bracket: what a knockout came to, tie by tie. It prints itself."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from arena.match import Checkpoint
from arena.matchmaking.stages import Group


@dataclass(frozen=True)
class Tie:
    """A table of a knockout, the best seed first."""

    stage: int
    table: Group
    points: tuple[Fraction, ...]  # of each, over all matches, by how many seats it held
    sets: int  # mirrored sets that were played
    winner: Checkpoint | None  # None as long as it is not decided
    last: bool  # whether it is the final

    @property
    def level(self) -> bool:
        """Whether the seeds had to decide."""
        return self.winner is not None and self.points.count(max(self.points)) > 1

    def __str__(self) -> str:
        score = " - ".join(f"{float(earned) / 2:g}" for earned in self.points) if self.sets else "to be played"
        names = " - ".join(map(str, self.table))
        how = ", by seed" if self.level else f", after {self.sets} sets" if self.sets > 1 else ""
        return f"{names}   {score}{f'   {self.winner}{how}' if self.winner else ''}"


@dataclass(frozen=True)
class Bracket:
    """A knockout, as far as it is."""

    ties: tuple[Tie, ...]
    winner: Checkpoint | None

    @property
    def winners(self) -> tuple[Checkpoint, ...]:
        """The winner, once there is one."""
        return (self.winner,) if self.winner else ()

    def __str__(self) -> str:
        lines = [f"{'final' if tie.last else f'stage {tie.stage + 1}':<9}{tie}" for tie in self.ties]
        return "\n".join(["knockout", *lines, f"{'winner':<9}{self.winner or 'not yet'}"])

    def as_json(self) -> dict[str, Any]:
        """Stable keys."""
        ties = [
            {
                "stage": tie.stage + 1,
                "table": list(map(str, tie.table)),
                "points": [float(earned) / 2 for earned in tie.points],
                "sets": tie.sets,
                "winner": str(tie.winner) if tie.winner else None,
                "by_seed": tie.level,
            }
            for tie in self.ties
        ]
        return {"schedule": "knockout", "winners": list(map(str, self.winners)), "ties": ties}
