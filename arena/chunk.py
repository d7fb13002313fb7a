"""A chunk: consecutive matches that are played as one batch, the unit of work and of commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from arena.runner import play
from arena.series import Matches, Results
from arena.workers import Desk


@dataclass(frozen=True)
class ChunkTask:
    """Consecutive matches to be played as one batch."""

    game: str
    matches: Matches
    device: str

    def __str__(self) -> str:
        names, ordinals = sorted(map(str, self.matches.cast)), self.matches.ordinals
        return f"matches {ordinals[0]} to {ordinals[-1]} of {', '.join(names)}"

    def needs(self) -> Iterable[str]:
        return {who.weights for who in self.matches.cast if who.weights}

    def do(self, desk: Desk) -> Results:
        cast = desk.roster(self.game, self.device).cast(self.matches.cast)
        return play(desk.game(self.game), self.matches, cast, device=self.device).results
