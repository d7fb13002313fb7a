"""What is fixed about a game: its name, flavour and sizes. Imports no torch, so that a league is quickly read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

Flavour = Literal["competitive", "cooperative", "mixed"]


@dataclass(frozen=True)
class GameSpec:
    """What is fixed about a game: its name, its flavour and its sizes."""

    name: str
    version: int  # raised whenever an old tape would play out differently
    flavour: Flavour
    seats: int
    actions: int
    observation: tuple[int, ...]  # the shape of what one seat sees
    max_steps: int  # a board that is not over by then is truncated
    return_range: tuple[float, float]  # the lowest and highest return of one seat, forfeits included
    teams: tuple[int, ...] = ()  # the team of each seat; empty: each seat for itself (cooperative: all together)
    simultaneous: bool = False  # every seat acts at every step
    text: str = field(default="", compare=False)  # what made it, as 'openspiel("kuhn_poker")': for who makes it again

    @cached_property
    def team_of(self) -> tuple[int, ...]:
        """The team of each seat, written out."""
        return self.teams or ((0,) * self.seats if self.flavour == "cooperative" else tuple(range(self.seats)))

    def as_json(self) -> dict[str, Any]:
        """What is fixed by the rules; not by what text they were made."""
        facts = asdict(self)
        del facts["text"]
        return facts

    @property
    def has_rules(self) -> bool:
        """Whether it can be played; a game that is known by imported results alone has no actions."""
        return self.actions > 0

    @property
    def zero_sum(self) -> bool:
        """What one seat wins the other loses, so one value describes both."""
        return self.flavour == "competitive" and self.seats == 2
