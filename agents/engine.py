"""A UCI engine, kept as every program is (`agents.program`): started, asked within a time, ended where it does not answer.

python-chess speaks the protocol. Its event loop runs in a thread of its own that keeps no process from ending.
"""

from __future__ import annotations

import asyncio
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

T = TypeVar("T")
Options = Mapping[str, str | int | bool | None]

_FAREWELL = 1.0  # seconds that an engine has to quit by itself
_PATIENCE = 1.0  # seconds for its keeper to say how it ended
_REAPED = 5.0  # seconds for it to be gone, which takes some hundredths
_GREETING = 1 << 20  # bytes that an engine has to say what it is and takes; known ones need some thousand
_MODEST: Options = {"Threads": 1, "Hash": 16}  # one thread answers the same each time; MiB
_BROKEN = (chess.engine.EngineError, chess.engine.EngineTerminatedError, asyncio.TimeoutError, OSError)


class Engine:
    """A running engine. Raises `BadSpec` where it does not start, speak UCI and take its options within `patience` s,
    `MachineFault` where that is not its own fault."""

    def __init__(self, plan: Plan, *, options: Options, patience: float) -> None:
        self.name = os.path.basename(plan.words[0])
        self._leash = Leash()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name=f"uci {self.name}", daemon=True).start()
        try:
            self._transport, self._protocol = self._run(_started(self._leash), patience)
            self._end = weakref.finalize(self, _ended, self._loop, self._transport, self._leash)
            self._leash.begin(plan)
            self._run(self._protocol.initialize(), patience)
            modest = {name: value for name, value in _MODEST.items() if name in self._protocol.options}
            self._run(self._protocol.configure({**modest, **options}), patience)
        except _BROKEN as error:
            why = self._why(error, patience)
            self.close(polite=False)
            raise BadSpec(
                f"{plan.words[0]!r} does not work as a UCI engine: {why}",
                hint="check the command and its options: type 'uci' to the program, it names them",
            ) from None
        except MachineFault:
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
        return fault

    def _run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop).result()


class _Protocol(chess.engine.UciProtocol):
    """UCI, with an end to how long a line may be, and a greeting, whose options are kept."""

    def __init__(self, leash: Leash) -> None:
        super().__init__()
        self.leash, self.greeting = leash, 0  # bytes
        self.flooded: str | None = None  # by what

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


async def _started(leash: Leash) -> tuple[asyncio.SubprocessTransport, _Protocol]:
    return await asyncio.get_running_loop().subprocess_exec(
        lambda: _Protocol(leash),
        *leash.command,
        stderr=subprocess.DEVNULL,
        pass_fds=leash.theirs,
        start_new_session=True,
    )


def _ended(loop: asyncio.AbstractEventLoop, transport: asyncio.SubprocessTransport, leash: Leash) -> None:
    """Ends an engine and whatever it has started, and lets its thread end."""
    leash.let_go()
    leash.gone(_REAPED)
    leash.close()
    with suppress(RuntimeError):  # the loop may be closed
        loop.call_soon_threadsafe(transport.close)
        loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
