"""How often a program had to be ended, lately, and when it gets no other chance."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from agents.errors import Fault

ENDS, MOVES = 3, 20  # so many ends within so many moves, and it is not started again for these matches


@dataclass
class Strikes:
    """The ends of a program."""

    moves: int = 0  # answered so far
    ends: deque[int] = field(default_factory=lambda: deque(maxlen=ENDS))  # after how many moves
    out: Fault | None = None  # why it gets no other chance

    def count(self, fault: Fault) -> None:
        self.ends.append(self.moves)
        if len(self.ends) == ENDS and self.moves - self.ends[0] < MOVES and self.out is None:
            self.out = fault

    def demand_another_chance(self) -> None:
        """Raises `Fault`, the last one, where there is none."""
        if last := self.out:
            raise Fault(last.reason, f"{last.note} (given up: ended {ENDS} times within {MOVES} moves)")
