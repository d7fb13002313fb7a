"""One call of a program's `act`: who waits for an answer, which answers there are, and who is at fault."""

from __future__ import annotations

from agents.core import Observation
from agents.errors import Fault, MachineFault
from agents.program import wire
from agents.program.wire import Request
from games.core import FORFEIT


class Turn:
    """Rows that must act, by their place in the observation."""

    def __init__(self, seen: Observation, *, seats: int) -> None:
        self.seats, self.features, self.legal = seats, seen.features.numpy(force=True), seen.legal.numpy(force=True)
        self.rows, self.seeds, self.steps = seen.row.tolist(), seen.seed.tolist(), seen.step.tolist()
        self.waiting = list(range(len(self.rows)))  # places
        self.answer = [FORFEIT] * len(self.rows)
        self.blamed: dict[int, Fault | MachineFault] = {}

    def request(self, place: int) -> Request:
        """What is asked of a row."""
        board, seat = divmod(self.rows[place], self.seats)
        legal = self.legal[place].nonzero()[0].tolist()
        return Request(board, seat, self.steps[place], self.features[place], legal)

    def hear(self, place: int, found: object, said: bytes) -> None:
        """An answer to a question, and what it gave as the action; one that is none loses the match, and the program goes
        on."""
        try:
            self.answer[place] = wire.action(found, said)
            self.waiting.remove(place)
        except Fault as fault:
            self.blame(place, fault)

    def blame(self, place: int, fault: Fault | MachineFault) -> None:
        self.answer[place], self.blamed[place] = FORFEIT, fault
        if place in self.waiting:
            self.waiting.remove(place)
