"""What agents do wrong: a forfeit's reason is data on a result; only unreadable weights are an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from games.errors import ArenaError, CheckFailed

if TYPE_CHECKING:
    from torch import Tensor

# Why an agent lost a match without playing it out. In-process agents can only crash, answer illegally or answer invalidly;
# the others belong to agents that are programs.
Reason = Literal["crash", "timeout", "illegal", "invalid", "protocol", "flood", "memory"]


class BadWeights(ArenaError):
    """Weights that are truncated, foreign, of other names, shapes or dtypes, or not finite."""


class Untold(ArenaError):
    """An agent that does not tell how likely its actions are, so that it cannot be judged exactly."""


class NotItsFault(CheckFailed):
    """A check of an agent that this machine spoiled, so that it says nothing of the agent."""


class Fault(Exception):
    """What an agent did wrong, by its name, and a line about it. A program's; those of Python agents find theirs."""

    def __init__(self, reason: Reason, note: str) -> None:
        super().__init__(note)
        self.reason, self.note = reason, note


class MachineFault(Exception):
    """What this machine did wrong when an agent was to be asked: no room on the disk, no process, no jail. Nobody loses by
    it; the match is void."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


class Faults(Exception):
    """Raised by `act` where some rows were answered and others not: an agent that knows which of them it lost.

    `answer` (R,) int64 holds for the rows at fault what `games.core.FORFEIT` says; `blamed` has them by their place in it.
    """

    def __init__(self, answer: Tensor, blamed: Mapping[int, Fault | MachineFault]) -> None:
        super().__init__("; ".join(fault.note for fault in blamed.values()))
        self.answer, self.blamed = answer, blamed
