"""A user's bots: a good one, and all that can be wrong with one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from agents.core import Agent, Observation
from games.spec import GameSpec

# A row of zeros, where every mood goes wrong in its own way
MOODS: dict[str, Callable[[Tensor], object]] = {
    "illegal": lambda first: first + 1000,
    "nan": lambda first: torch.full(first.shape, float("nan")),
    "long": lambda first: torch.cat([first, first]),
    "dtype": lambda first: first.float(),
    "text": lambda first: "rock",
}


def leftmost(observation: Observation) -> Tensor:
    """A plain function: the first legal action."""
    return observation.legal.int().argmax(1)


class Moody(Agent):
    """Plays the first legal action, until the file `flag` exists; from then on it misbehaves."""

    def __init__(self, game: GameSpec, mood: str, *, flag: str = ".") -> None:
        super().__init__(game)
        self.mood, self.flag = mood, Path(flag)

    def act(self, observation: Observation) -> Tensor:
        first = leftmost(observation)
        if not self.flag.exists():
            return first
        if self.mood == "crash":
            raise RuntimeError("no more\nof \x1b[31mthis")
        return MOODS[self.mood](first)  # type: ignore[return-value]  # that is the point


class Sleepy(Agent):
    """Takes its time with every answer once `flag` exists, unless `awake` does. A deaf one tells, and hears no Ctrl-C."""

    def __init__(self, game: GameSpec, flag: str, *, seconds: float = 0.05, deaf: bool = False, awake: str = "") -> None:
        super().__init__(game)
        self.flag, self.seconds, self.deaf, self.awake = Path(flag), seconds, deaf, Path(awake or "/nowhere")

    def act(self, observation: Observation) -> Tensor:
        until = time.monotonic() + self.seconds
        while self.flag.exists() and not self.awake.exists() and time.monotonic() < until:
            try:
                self._say("asleep")
                time.sleep(max(0.0, until - time.monotonic()))
            except KeyboardInterrupt:
                if not self.deaf:
                    raise
                self._say("not now")
        return leftmost(observation)

    def _say(self, words: str) -> None:
        if self.deaf:
            print(words, file=sys.stderr, flush=True)


class Drawn(Agent):
    """Cannot be made: it is for another number of seats."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        if game.seats != 4:
            raise ValueError(f"this is a bot for 4 seats, {game.name} has {game.seats}")


class Stranger:
    """No agent at all."""

    def __init__(self, game: GameSpec) -> None:
        self.game = game
