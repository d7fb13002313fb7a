"""What agents do wrong: a forfeit's reason is data on a result; only unreadable weights are an error."""

from __future__ import annotations

from typing import Literal

from games.errors import ArenaError

# Why an agent lost a match without playing it out. In-process agents can only crash, answer illegally or answer invalidly;
# the others belong to agents that are programs.
Reason = Literal["crash", "timeout", "illegal", "invalid", "protocol", "flood", "memory"]


class BadWeights(ArenaError):
    """Weights that are truncated, foreign, of other names, shapes or dtypes, or not finite."""


class Untold(ArenaError):
    """An agent that does not tell how likely its actions are, so that it cannot be judged exactly."""
