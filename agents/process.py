"""A program in any language as an agent: it reads requests and writes answers, JSON objects, one a line.

    process("./bot --fast", move_time=1.0)          docs/protocol.md has the words, examples/ whole bots
    process("python3 bot.py", simple=True)          one line in, one action out

One program serves every board that its agent plays on. It gets `move_time` seconds for each move, `start_time` for its
start, `memory` MiB, and no other process unless `forks`. It runs in a jail; `trusted` ones, and only they, run without.
What it does wrong costs it that one match: it is named, the program is ended, and a fresh one goes on with the others.

Dimensions: R rows, P seats.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.errors import Fault, Faults, MachineFault
from agents.program import wire
from agents.program.child import Child
from agents.program.command import Command, planned
from agents.program.strikes import Strikes
from agents.program.turn import Turn
from games.arguments import number, switch
from games.spec import GameSpec

_LONGEST = 1e6  # seconds
# Whoever is spoken to in the other mode dies of a key that is not there, or waits for words that never come.
_SIMPLER = "a program of the simple mode is named with simple=True"
_FULLER = "a program that answers `hello` is named without simple=True"


class Process(Agent):
    """A program. Raises `BadSpec`, `CannotLoad` for one that is not there, `NotTrusted` where there is no jail for it."""

    def __init__(
        self,
        game: GameSpec,
        command: str,
        *,
        move_time: float = 1.0,
        start_time: float = 10.0,
        memory: int = 1024,
        forks: bool = False,
        simple: bool = False,
        trusted: bool = False,
    ) -> None:
        super().__init__(game)
        self.move_time = number("move_time", move_time, low=0.0, high=_LONGEST, open_low=True)
        self.start_time = number("start_time", start_time, low=0.0, high=_LONGEST, open_low=True)
        self.simple = switch("simple", simple)
        self.command = Command.read(command)
        self.plan = planned(self.command, memory=memory, forks=forks, trusted=trusted)
        self.jail = self.plan.jail.tier
        self._child: Child | None = None
        self._told = set[int]()  # rows that the running program was told of
        self._strikes = Strikes()
        self._failed: Fault | MachineFault | None = None  # what the last start came to, if nobody was told yet

    def begin_chunk(self) -> None:
        """A program that was given up gets another chance."""
        self._strikes, self._failed = Strikes(), None

    def reset(self, rows: Tensor, seeds: Tensor) -> None:
        """The program is started, and hears of each match with its first question."""
        self._told -= set(rows.tolist())
        if self._failed is None and self._strikes.out is None:
            try:
                self._running()
            except (Fault, MachineFault) as fault:  # whoever is asked first is told
                self._failed = fault
                self._end()

    def act(self, observation: Observation) -> Tensor:
        """Raises `Faults` where the program lost rows; the others are answered."""
        turn = Turn(observation, seats=self.game.seats)
        while turn.waiting:
            try:
                self._strikes.demand_another_chance()
                (self._ask_plainly if self.simple else self._ask)(self._running(), turn)
            except Fault as fault:
                turn.blame(turn.waiting[0], fault)
                self._fail(fault)
            except MachineFault as fault:
                for place in list(turn.waiting):
                    turn.blame(place, fault)
                self._end()
        answer = torch.from_numpy(np.array(turn.answer, dtype=np.int64))
        if not observation.row.is_cpu:
            answer = answer.to(observation.row.device)
        if turn.blamed:
            raise Faults(answer, turn.blamed)
        return answer

    def over(self, rows: Tensor, returns: Tensor) -> None:
        """Tells the program how matches ended that it knows of."""
        for row, earned in zip(rows.tolist(), returns.tolist(), strict=True):
            if row in self._told:
                self._told.discard(row)
                if self._child is not None and not self.simple:
                    board, seat = divmod(row, self.game.seats)
                    self._child.tell(wire.over(board, seat, earned))

    def close(self) -> None:
        """Ends the program; it may leave by itself when its stdin ends."""
        if self._child is not None:
            self._child.end(politely=True)
        self._child = None

    def _ask(self, child: Child, turn: Turn) -> None:
        """All rows at once. The time of a move begins anew with each answer; who is late is the row asked first."""
        questions: dict[str, int] = {}  # id -> place
        speak, deadline = self._questions(turn, questions), time.monotonic() + self.move_time
        while turn.waiting:
            try:
                said = child.listen(deadline, speak)
            except Fault as fault:
                raise self._expected("a move", fault, "move_time") from None
            place, found = self._meant(questions, said)
            turn.hear(place, found, said)
            self._strikes.moves += 1
            deadline = time.monotonic() + self.move_time
        self._demand_silence(child, turn, place)

    def _meant(self, questions: dict[str, int], said: bytes) -> tuple[int, object]:
        """Which question an answer is to, and the action that it gives."""
        id, found = wire.answered(said)
        try:
            return questions.pop(id), found
        except KeyError:
            raise Fault("protocol", f"no question that is open has this id: {wire.shown(said)}") from None

    def _questions(self, turn: Turn, questions: dict[str, int]) -> Iterator[bytes]:
        for place in list(turn.waiting):
            request = turn.request(place)
            begun = (
                b"" if self._knows(turn.rows[place]) else wire.reset(request.board, request.seat, seed=turn.seeds[place])
            )
            id = wire.nonce()
            questions[id] = place
            yield begun + request.asked(id, time=self.move_time)

    def _ask_plainly(self, child: Child, turn: Turn) -> None:
        """One row after the other: without ids, order is all there is."""
        for place in list(turn.waiting):
            if early := child.ahead():
                raise Fault("protocol", f"an answer before the question: {wire.shown(early)}")
            self._knows(turn.rows[place])
            question = turn.request(place).plain(time=self.move_time)
            try:
                said = child.listen(time.monotonic() + self.move_time, iter([question]))
            except Fault as fault:
                unless = "" if self._strikes.moves else _FULLER
                raise self._expected("a move", fault, "move_time", unless=unless) from None
            turn.hear(place, wire.answered_plainly(said), said)
            self._strikes.moves += 1
        self._demand_silence(child, turn, place)

    def _demand_silence(self, child: Child, turn: Turn, place: int) -> None:
        """Who has more to say than was asked loses the match in which it was said."""
        if more := child.heard:
            fault = Fault("protocol", f"more than one answer: {wire.shown(more)}")
            turn.blame(place, fault)
            self._fail(fault)

    def _knows(self, row: int) -> bool:
        """Whether the program was told of this row; from now on it is."""
        known = row in self._told
        self._told.add(row)
        return known

    def _running(self) -> Child:
        if self._failed is not None:
            fault, self._failed = self._failed, None
            raise fault
        if self._child is None:
            self._child = Child(self.plan)
            if not self.simple:
                deadline = time.monotonic() + self.start_time
                hello = wire.hello(self.game, move_time=self.move_time)
                try:
                    said = self._child.listen(deadline, iter([hello]))
                except Fault as fault:
                    raise self._expected("the answer to hello", fault, "start_time", unless=_SIMPLER) from None
                try:
                    wire.ready(said)
                except Fault as fault:
                    raise Fault(fault.reason, f"{fault.note} ({_SIMPLER})") from None
        return self._child

    def _expected(self, what: str, fault: Fault, limit: str, *, unless: str = "") -> Fault:
        """A fault with what was awaited, and for how long, and with what to do, `unless` the program is meant otherwise."""
        late = fault.reason == "timeout"
        by_hand = f"try it by hand{', where it has no jail' if self.jail != 'trusted' else ''}: {self.command}"
        cure = (f"flush after each line, or give it more {limit}" if late else by_hand) + (f"; {unless}" if unless else "")
        return Fault(fault.reason, f"expected {what} within {getattr(self, limit):g} s, {fault.note} ({cure})")

    def _fail(self, fault: Fault) -> None:
        self._strikes.count(fault)
        self._end()

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
        self._child = None
        self._told.clear()
