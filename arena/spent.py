"""Where the time of a season goes: playing and learning in training, rated matches, and all that is kept of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from arena.season import ChunkPlayed, Event, LearnerFroze, LearnerWentOn


@dataclass
class Spent:
    """Seconds of the managing process, from when this was made on; tell it the season's events.

    What workers do side by side counts as long as the manager waits for it. Bookkeeping is the rest: planning, recording,
    rating, and whatever a command does before and after.
    """

    rollout: float = 0.0  # playing to learn from it
    update: float = 0.0  # learning
    rated: float = 0.0  # playing rated matches
    began: float = field(default_factory=time.monotonic)

    def hear(self, event: Event) -> None:
        match event:
            case LearnerFroze() | LearnerWentOn():
                trained = event.trained
                share = event.waited / trained.seconds if trained.seconds else 0.0
                self.rollout += trained.rollout * share
                self.update += trained.update * share
            case ChunkPlayed():
                self.rated += event.waited

    def seconds(self) -> dict[str, float]:
        """By kind of work, until now; they add up to all of the time."""
        known = {"rollout": self.rollout, "update": self.update, "rated matches": self.rated}
        return {**known, "bookkeeping": time.monotonic() - self.began - sum(known.values())}
