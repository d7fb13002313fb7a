"""A UCI engine, kept as every program is (`agents.program`): started, asked within a time, ended where it does not answer.

python-chess speaks the protocol, over pipes that we lay: asyncio's own way to start a process wants to reap it, and to tell
of it. The event loop runs in a thread that keeps no process from ending.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import threading
import weakref
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import chess
import chess.engine

from agents.errors import Fault, MachineFault
from agents.program.leash import Leash, meant
from agents.program.plan import Ending, Plan
from agents.program.wire import LONGEST
from games.errors import BadSpec

log = logging.getLogger(__name__)
T = TypeVar("T")
Options = Mapping[str, str | int | bool | None]

_FAREWELL = 1.0  # seconds that an engine has to quit by itself
_PATIENCE = 1.0  # seconds for its keeper to say how it ended
_REAPED = 5.0  # seconds for it to be gone, which takes some hundredths
_GREETING = 1 << 20  # bytes that an engine has to say what it is and takes; known ones need some thousand
_MODEST: Options = {"Threads": 1, "Hash": 16}  # one thread answers the same each time; MiB
_COMPLAINTS, _LONG = 2, 200  # lines of errors that a note shows, and characters of each
_TRIAL = chess.engine.Limit(nodes=1)
_BROKEN = (chess.engine.EngineError, chess.engine.EngineTerminatedError, asyncio.TimeoutError, OSError)


class Engine:
    """A running engine. Raises `BadSpec` where it does not start, speak UCI and take its options within `patience` s,
    `MachineFault` where that is not its own fault. On `trial` it must move as well: many an engine says nothing of a value
    that it cannot take until it is to use it."""

    def __init__(self, plan: Plan, *, options: Options, patience: float, trial: bool = False) -> None:
        self.name = os.path.basename(plan.words[0])
        self._leash = Leash()
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_note)  # whoever asked is told of what matters
        threading.Thread(target=self._loop.run_forever, name=f"uci {self.name}", daemon=True).start()
        try:
            self._pipes, self._protocol = self._run(_started(self._leash), patience)
            self._end = weakref.finalize(self, _ended, self._loop, self._pipes, self._leash)
            self._leash.begin(plan)
            self._run(self._protocol.initialize(), patience)
            modest = {name: value for name, value in _MODEST.items() if name in self._protocol.options}
            _require_switches(self._protocol.options, options)
            self._run(self._protocol.configure({**modest, **options}), patience)
            if trial:
                self._try(plan, options, patience)
        except _BROKEN as error:
            why = self._why(error, patience)
            self.close(polite=False)
            raise BadSpec(
                f"{plan.words[0]!r} does not work as a UCI engine: {why}",
                hint="check the command and its options: type 'uci' to the program, it names them",
            ) from None
        except (MachineFault, BadSpec):
            self.close(polite=False)
            raise

    def best(self, board: chess.Board, limit: chess.engine.Limit, *, patience: float) -> chess.Move:
        """Its move on a board, as if it had never seen another game. Raises `Fault`: it is then to be closed."""
        asked = self._protocol.play(board, limit, game=object())  # a new game each time: it forgets what it has seen
        try:
            played = self._run(asked, patience)
        except TimeoutError:
            if (ending := self._leash.told(0.0)) and isinstance(fault := meant(ending), MachineFault):
                raise fault from None
            raise Fault("timeout", f"{self.name} did not move within {patience:g} s") from None
        except chess.engine.EngineTerminatedError:
            end = self._fault()
            raise Fault(end.reason, f"{self.name} died while it thought: {end.note}") from None
        except chess.engine.EngineError as error:
            raise Fault("protocol", f"{self.name}: {' '.join(str(error).split())}") from None
        self._protocol.complaints.clear()
        if played.move is None:
            raise Fault("protocol", f"{self.name} gave no move")
        return played.move

    def close(self, *, polite: bool = True) -> None:
        """Ends the engine and whatever it has started; one that does not quit by itself is killed."""
        end: Any = getattr(self, "_end", None)
        if end is None or not end.alive:
            self._leash.close()
            self._loop.call_soon_threadsafe(self._loop.stop)
            return
        if polite:
            with suppress(*_BROKEN):
                self._run(self._protocol.quit(), _FAREWELL)
        end()

    def _try(self, plan: Plan, options: Options, patience: float) -> None:
        """Raises `BadSpec` where it cannot move with its options."""
        try:
            self.best(chess.Board(), _TRIAL, patience=patience)
        except Fault as fault:
            told = ", ".join(f"{name}={value!r}" for name, value in options.items())
            raise BadSpec(
                f"{plan.words[0]!r} starts, and cannot play with the options {told}: {fault.note}",
                hint=f"leave one out, or mend it: it may read the files that its options name, and has"
                f" {plan.jail.memory >> 20:,} MiB (more by memory=...)",
            ) from None

    def _why(self, error: BaseException, patience: float) -> str:
        """Why it does not work. Raises `MachineFault` where that is not its fault."""
        match error:
            case asyncio.TimeoutError():
                return f"it did not answer within {patience:g} s"
            case chess.engine.EngineTerminatedError():
                return self._fault().note
        return " ".join(str(error).split()) or type(error).__name__

    def _fault(self) -> Fault:
        """What its end means. Raises `MachineFault`."""
        if much := self._protocol.flooded:
            return Fault("flood", much)
        fault = meant(self._leash.told(_PATIENCE) or Ending("exit", "its keeper did not answer"))
        if isinstance(fault, MachineFault):
            raise fault
        said = "; ".join(self._protocol.complaints)
        return Fault(fault.reason, fault.note + (f": {said}" if said else ""))

    def _run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop).result()


class _Protocol(chess.engine.UciProtocol):
    """UCI, with an end to how long a line may be, and a greeting, whose options are kept."""

    def __init__(self, leash: Leash) -> None:
        super().__init__()
        self.leash, self.greeting = leash, 0  # bytes
        self.flooded: str | None = None  # by what
        self.complaints: list[str] = []  # what it has said of errors since its last move, the first of it

    def line_received(self, line: str) -> None:
        if "ERROR" in line and len(self.complaints) < _COMPLAINTS:
            said = line.removeprefix("info string").strip()[:_LONG]
            self.complaints.append("".join(letter if letter.isprintable() else " " for letter in said))
        super().line_received(line)

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        if self.flooded:  # what it had said before it was ended
            return
        super().pipe_data_received(fd, data)
        self.greeting += 0 if self.initialized else len(data)
        if len(self.buffer[fd]) > LONGEST:
            self._flood(f"a line of more than {LONGEST:,} bytes")
        elif self.greeting > _GREETING:
            self._flood(f"more than {_GREETING:,} bytes before uciok")

    def _flood(self, much: str) -> None:
        self.flooded = much
        self.buffer[1].clear()
        self.leash.let_go()


class _Pipes(asyncio.SubprocessTransport):
    """What python-chess wants of a process: its stdin, and word of its end, which is that of its stdout."""

    def __init__(self, keeper: subprocess.Popen[bytes], protocol: _Protocol) -> None:
        super().__init__()
        self.keeper, self.protocol = keeper, protocol
        self.stdin: asyncio.WriteTransport | None = None
        self.stdout: asyncio.ReadTransport | None = None

    async def open(self) -> None:
        """Begins to listen. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        self.protocol.connection_made(self)
        self.stdin, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, self.keeper.stdin)
        self.stdout, _ = await loop.connect_read_pipe(lambda: _Stdout(self), self.keeper.stdout)

    def get_pipe_transport(self, fd: int) -> asyncio.BaseTransport | None:
        return self.stdin if fd == 0 else self.stdout

    def get_pid(self) -> int:
        return self.keeper.pid

    def get_returncode(self) -> int:
        """How it really ended its keeper tells."""
        return self.keeper.poll() or 0

    def close(self) -> None:
        for pipe in (self.stdin, self.stdout):
            if pipe is not None:
                pipe.close()


class _Stdout(asyncio.Protocol):
    def __init__(self, pipes: _Pipes) -> None:
        self.pipes = pipes

    def data_received(self, data: bytes) -> None:
        self.pipes.protocol.pipe_data_received(1, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.pipes.protocol.connection_lost(exc)


async def _started(leash: Leash) -> tuple[_Pipes, _Protocol]:
    keeper = subprocess.Popen(
        leash.command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=leash.theirs,
        start_new_session=True,
        bufsize=0,
    )
    pipes = _Pipes(keeper, _Protocol(leash))
    try:
        await pipes.open()
    except BaseException:
        keeper.kill()
        keeper.wait()
        raise
    return pipes, pipes.protocol


def _ended(loop: asyncio.AbstractEventLoop, pipes: _Pipes, leash: Leash) -> None:
    """Ends an engine and whatever it has started, and lets its thread end."""
    leash.let_go()
    if not leash.gone(_REAPED):
        pipes.keeper.kill()
    pipes.keeper.wait()
    leash.close()
    with suppress(RuntimeError):  # the loop may be closed
        loop.call_soon_threadsafe(pipes.close)
        loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)


def _require_switches(known: Mapping[str, chess.engine.Option], options: Options) -> None:
    """Raises `EngineError` for a value that python-chess would make into another."""
    for name, value in options.items():
        if name in known and known[name].type == "check" and not isinstance(value, bool):
            raise chess.engine.EngineError(f"expected True or False for option {name!r}, got: {value!r}")


def _note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    log.info("%s: %r", context.get("message"), context.get("exception"))


def _quieter(record: logging.LogRecord) -> bool:
    """What python-chess finds odd in what an engine says is for who asks for it: faults come as faults."""
    if record.levelno > logging.INFO:
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True


chess.engine.LOGGER.addFilter(_quieter)
