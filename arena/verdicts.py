"""Who lost a match without playing it out, and which matches do not count: what a chunk's results say of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from agents.errors import Fault, MachineFault, Reason
from arena.series import BySeat, Matches

log = logging.getLogger(__name__)


class Verdicts:
    """Of a chunk of M matches with P seats; `place` is match * P + seat. Who was asked in vain has a place beyond them."""

    def __init__(self, matches: Matches, seats: int) -> None:
        self.matches, self.seats = matches, seats
        self.notes: dict[tuple[int, int], str] = {}  # (match, seat) -> what exactly went wrong
        self.void: dict[int, str] = {}  # match -> what this machine did wrong
        self._faults: dict[tuple[int, int], Reason] = {}

    def blame(self, place: int, reason: Reason, note: str) -> None:
        """A seat forfeits."""
        match, seat = divmod(place, self.seats)
        if match < len(self.matches):
            self._faults[match, seat], self.notes[match, seat] = reason, note
            log.info("match %d, seat %d: %s: %s", self.matches.ordinals[match], seat, reason, note)

    def take(self, faults: Mapping[int, Fault | MachineFault]) -> None:
        """What an agent says of its places: its own faults cost it the match, the machine's cost nobody."""
        for place, fault in faults.items():
            match, seat = divmod(place, self.seats)
            if isinstance(fault, Fault):
                self.blame(place, fault.reason, fault.note)
            elif match < len(self.matches):
                self.void[match], self.notes[match, seat] = f"machine: {fault.note}", fault.note
                log.warning("match %d is void: %s", self.matches.ordinals[match], fault.note)

    def known(self, match: int, seat: int) -> bool:
        """Whether it is said already why a seat forfeits."""
        return (match, seat) in self._faults or match in self.void

    def by_seat(self) -> dict[int, BySeat]:
        """Match -> why each seat forfeited, for those in which one did."""
        guilty = {match for match, _ in self._faults}
        return {match: tuple(self._faults.get((match, seat)) for seat in range(self.seats)) for match in guilty}
