"""A UCI engine as a child of this process: started, asked within a time, and killed at the end or where it does not answer.

python-chess speaks the protocol. Its event loop runs in a thread of its own that keeps no process from ending, and the
engine is the leader of a group of processes, so that what it started goes with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
import weakref
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import chess
import chess.engine

from agents.errors import Fault
from games.errors import BadSpec

T = TypeVar("T")
Options = Mapping[str, str | int | bool | None]

_FAREWELL = 1.0  # seconds that an engine has to quit by itself
_MODEST: Options = {"Threads": 1, "Hash": 16}  # one thread answers the same each time; MiB
_BROKEN = (chess.engine.EngineError, chess.engine.EngineTerminatedError, asyncio.TimeoutError, OSError)


class Engine:
    """A running engine. Raises `BadSpec` where it does not start, speak UCI and take its options within `patience` s."""

    def __init__(self, command: Sequence[str], *, options: Options, patience: float) -> None:
        self.name = os.path.basename(command[0])
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name=f"uci {self.name}", daemon=True).start()
        try:
            self._transport, self._protocol = self._run(_started(command), patience)
            self._end = weakref.finalize(self, _killed, self._loop, self._transport)
            self._run(self._protocol.initialize(), patience)
            modest = {name: value for name, value in _MODEST.items() if name in self._protocol.options}
            self._run(self._protocol.configure({**modest, **options}), patience)
        except _BROKEN as error:
            self.close(polite=False)
            raise BadSpec(
                f"{command[0]!r} does not work as a UCI engine: {_why(error, patience)}",
                hint="check the command and its options: type 'uci' to the program, it names them",
            ) from None

    def best(self, board: chess.Board, limit: chess.engine.Limit, *, patience: float) -> chess.Move:
        """Its move on a board, as if it had never seen another game. Raises `Fault`: it is then to be closed."""
        asked = self._protocol.play(board, limit, game=object())  # a new game each time: it forgets what it has seen
        try:
            played = self._run(asked, patience)
        except TimeoutError:
            raise Fault("timeout", f"{self.name} did not move within {patience:g} s") from None
        except chess.engine.EngineTerminatedError:
            raise Fault(
                "crash", f"{self.name} died while it thought: exit code {self._transport.get_returncode()}"
            ) from None
        except chess.engine.EngineError as error:
            raise Fault("protocol", f"{self.name}: {' '.join(str(error).split())}") from None
        if played.move is None:
            raise Fault("protocol", f"{self.name} gave no move")
        return played.move

    def close(self, *, polite: bool = True) -> None:
        """Ends the engine; one that does not quit by itself is killed."""
        end: Any = getattr(self, "_end", None)
        if end is None or not end.alive:
            self._loop.call_soon_threadsafe(self._loop.stop)
            return
        if polite:
            with suppress(*_BROKEN):
                self._run(self._protocol.quit(), _FAREWELL)
        end()

    def _run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop).result()


async def _started(command: Sequence[str]) -> tuple[asyncio.SubprocessTransport, chess.engine.UciProtocol]:
    return await chess.engine.UciProtocol.popen(list(command), setpgrp=True, stderr=subprocess.DEVNULL)


def _killed(loop: asyncio.AbstractEventLoop, transport: asyncio.SubprocessTransport) -> None:
    """Kills an engine and whatever it has started, and lets its thread end."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    with suppress(RuntimeError):  # the loop may be closed
        loop.call_soon_threadsafe(transport.close)
        loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)


def _why(error: BaseException, patience: float) -> str:
    if isinstance(error, asyncio.TimeoutError):
        return f"it did not answer within {patience:g} s"
    return " ".join(str(error).split()) or type(error).__name__
