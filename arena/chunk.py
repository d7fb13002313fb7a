"""A chunk: consecutive matches that are played as one batch, the unit of work and of commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from arena.match import Match, Result
from arena.runner import play
from arena.workers import Desk


@dataclass(frozen=True)
class ChunkTask:
    """Consecutive matches to be played as one batch."""

    game: str
    matches: tuple[Match, ...]
    device: str

    def __str__(self) -> str:
        names = sorted({str(seat) for match in self.matches for seat in match.lineup})
        return f"matches {self.matches[0].ordinal} to {self.matches[-1].ordinal} of {', '.join(names)}"

    def needs(self) -> Iterable[str]:
        return {seat.weights for match in self.matches for seat in match.lineup if seat.weights}

    def do(self, desk: Desk) -> list[Result]:
        roster = desk.roster(self.game, self.device)
        cast = roster.cast({who for match in self.matches for who in match.lineup})
        return play(desk.game(self.game), self.matches, cast, device=self.device).results
