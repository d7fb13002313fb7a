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
        self.seats, self.features, self.legal = seats, seen.features.cpu(), seen.legal.cpu()
        self.rows, self.seeds, self.steps = seen.row.tolist(), seen.seed.tolist(), seen.step.tolist()
        self.waiting = list(range(len(self.rows)))  # places
        self.answer = [FORFEIT] * len(self.rows)
        self.blamed = dict[int, Fault | MachineFault]()

    def request(self, place: int) -> Request:
        """What is asked of a row. Only then are tensors turned into lists, which are many times as large."""
        board, seat = divmod(self.rows[place], self.seats)
        legal = [action for action, may in enumerate(self.legal[place].tolist()) if may]
        return Request(board, seat, self.steps[place], self.features[place].tolist(), legal)

    def hear(self, place: int, said: bytes, *, simple: bool = False) -> None:
        """An answer to a question; one that is no action loses the match, and the program goes on."""
        try:
            self.answer[place] = wire.action(said, simple=simple)
            self.waiting.remove(place)
        except Fault as fault:
            if fault.reason == "protocol":
                raise
            self.blame(place, fault)

    def blame(self, place: int, fault: Fault | MachineFault) -> None:
        self.answer[place], self.blamed[place] = FORFEIT, fault
        if place in self.waiting:
            self.waiting.remove(place)
