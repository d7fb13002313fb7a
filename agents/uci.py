"""Chess engines as agents: `uci("stockfish", nodes=1000)`, or any program that speaks the Universal Chess Interface.

    uci("stockfish", nodes=1000, options={"Skill Level": 3})
    uci("/opt/lc0 --weights=net.pb", move_time=0.1, memory=4096)

The agent reads each position from what its seat sees, and finds the moves between two of them, so that its engine knows of
repetitions. Given a number of nodes or a depth, an engine that draws no lots plays the same each time; within a time none
does. An engine is a program like any other (`agents.process`) and runs in the same jail. Needs the extra `chess`.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.errors import Fault, Faults, MachineFault
from agents.program.command import Command, named, planned
from agents.program.strikes import Strikes
from agents.scripted.needs import need
from games import arguments
from games.arguments import number, whole
from games.chess_board import ACTION, PLANES, fen, python_chess
from games.core import FORFEIT
from games.errors import BadSpec, CannotLoad
from games.spec import GameSpec

_NODES = 1000  # where nothing else is said
_ELSEWHERE = ("/usr/games", "/usr/local/bin", "/opt/homebrew/bin")  # where systems put engines that no PATH may name


@dataclass
class _Game:
    """What a row remembers: the position after its last answer, and that answer."""

    board: Any  # chess.Board
    step: int
    seen: str  # the position that was answered
    answer: int


class UCI(Agent):
    """An engine, asked for one row after the other. Raises `CannotLoad`, `MissingExtra`, `BadSpec`, `NotTrusted`.

    `nodes`, `depth` and `move_time` (seconds) limit its search; `patience` (seconds) is how long it may take beyond that
    time, and to start. It gets `memory` MiB, and no other process unless `forks`. An engine that dies or takes longer loses
    that match, and is started again for the next, unless that is of no use.
    """

    must_repeat = False  # weakened, or within a time, no engine does, and nobody can tell it to

    def __init__(
        self,
        game: GameSpec,
        engine: str,
        nodes: int | None = None,
        depth: int | None = None,
        move_time: float | None = None,
        patience: float = 10.0,
        options: Mapping[str, Any] | None = None,
        memory: int = 1024,
        forks: bool = False,
        trusted: bool = False,
    ) -> None:
        super().__init__(game)
        need(game.name == "chess" and game.observation == PLANES, game, agent="uci", needs="'chess'")
        self.options, files = _options(options)
        command = _command(engine).naming(*files)
        self.plan = planned(command, memory=memory, forks=forks, trusted=trusted)
        self.jail = self.plan.jail.tier
        self.patience = number("patience", patience, low=0.0, high=3600.0, open_low=True)
        self._chess = python_chess()
        self.limit = self._limit(nodes, depth, move_time)
        self._games: dict[int, _Game] = {}  # by row
        self._strikes = Strikes()
        self._engine: Any = None
        with suppress(MachineFault):  # that shows when it is asked
            self._start(trial=bool(self.options))

    def begin_chunk(self) -> None:
        """An engine that was given up gets another chance."""
        self._strikes = Strikes()

    def reset(self, rows: Tensor, seeds: Tensor) -> None:
        for row in rows.tolist():
            self._games.pop(row, None)

    def act(self, observation: Observation) -> Tensor:
        answer = torch.full_like(observation.row, FORFEIT)
        views, blamed = observation.features.cpu().numpy(), dict[int, Fault | MachineFault]()
        for place, (row, step) in enumerate(zip(observation.row.tolist(), observation.step.tolist(), strict=True)):
            try:
                self._strikes.demand_another_chance()
                answer[place] = self._answer(row, step, fen(views[place]))
                self._strikes.moves += 1
            except (Fault, MachineFault) as fault:
                self._stop()
                blamed[place] = fault
                if isinstance(fault, Fault):
                    self._strikes.count(fault)
        if blamed:
            raise Faults(answer, blamed)
        return answer

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _answer(self, row: int, step: int, seen: str) -> int:
        known = self._games.get(row)
        if known is not None and (known.step, known.seen) == (step, seen):
            return known.answer
        board = self._continued(known, seen)
        if self._engine is None:
            self._restart()
        within = self.patience + (self.limit.time or 0.0)
        move = self._engine.best(board, self.limit, patience=within)
        action = ACTION.get(move.uci())
        if action is None:
            raise Fault("illegal", f"{move.uci()} is no move of {self.game.name!r}")
        board.push(move)
        self._games[row] = _Game(board, step, seen, action)
        return action

    def _continued(self, known: _Game | None, seen: str) -> Any:
        """The board that is seen, with the moves that led to it where they can be told."""
        now = self._chess.Board(seen)
        if known is None:
            return now
        board = known.board.copy()
        for move in board.legal_moves:
            board.push(move)
            if board.epd() == now.epd():
                return board
            board.pop()
        return now

    def _start(self, *, trial: bool = False) -> None:
        from agents.engine import Engine  # asks for python-chess

        self._engine = Engine(self.plan, options=self.options, patience=self.patience, trial=trial)

    def _restart(self) -> None:
        try:
            self._start()
        except BadSpec as error:
            raise Fault("crash", error.cause) from None

    def _stop(self) -> None:
        """Kills an engine that is at fault; it may not even listen."""
        if self._engine is not None:
            self._engine.close(polite=False)
            self._engine = None

    def _limit(self, nodes: int | None, depth: int | None, move_time: float | None) -> Any:
        from chess.engine import Limit

        if nodes is depth is move_time is None:
            nodes = _NODES
        return Limit(
            nodes=None if nodes is None else whole("nodes", nodes, low=1),
            depth=None if depth is None else whole("depth", depth, low=1, high=1000),
            time=None if move_time is None else number("move_time", move_time, low=0.0, high=3600.0, open_low=True),
        )


def _command(engine: str) -> Command:
    """The command, its program found. Raises `CannotLoad`, `BadSpec`."""
    try:
        words = shlex.split(engine) if isinstance(engine, str) else []
    except ValueError as error:
        raise BadSpec(f"{engine!r} is no command: {error}", hint="close its quotes") from None
    if not words:
        raise BadSpec(f"an engine is a command in quotes, got {engine!r}", hint='write uci("stockfish")')
    if shutil.which(words[0]) is None:
        program = shutil.which(words[0], path=":".join(_ELSEWHERE))
        if program is None:
            install = f"install it (Debian: apt-get install {words[0]}), or write its whole path"
            raise CannotLoad(
                f"there is no engine {words[0]!r}: no program of that name is on the PATH",
                hint="check the path" if os.sep in words[0] else install,
            )
        words[0] = program
    return Command.read(shlex.join(words))


def _options(options: Mapping[str, Any] | None) -> tuple[dict[str, Any], list[Path]]:
    """Options, and the files that they name: by whole paths, as an engine runs in a folder of its own. Raises `BadSpec`."""
    told, files = arguments.options(options), list[Path]()
    for name, value in told.items():
        found = [named(part) for part in value.split(os.pathsep)] if isinstance(value, str) else []
        paths = [path for path in found if path is not None]
        if paths and len(paths) == len(found):
            told[name] = os.pathsep.join(map(str, paths))
            files += paths
    return told, files
