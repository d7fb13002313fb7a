"""The words between the league and a program: JSON objects, one a line, UTF-8. `docs/protocol.md` is their specification.

Dimensions: R rows, P seats, A actions.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.errors import Fault
from games.spec import GameSpec

PROTOCOL = 1  # grows when an old program would misunderstand a message
LONGEST = 64 * 1024  # bytes of a program's line
_SHOWN = 80  # characters of a program's line that a note shows
_USUAL = re.compile(rb'\{"id": ?"([0-9a-f]{16})", ?"action": ?(0|[1-9][0-9]{0,17})\}')  # how most programs answer
_ONE = np.float32(1)
_LARGEST = 2**63 - 1  # of an action: what the tape's reader can hold on its way to being illegal


def hello(game: GameSpec, *, move_time: float) -> bytes:
    """The first line: which protocol, which game, its sizes, and how long a move may take (in seconds)."""
    return line(
        type="hello",
        protocol=PROTOCOL,
        game=game.name,
        version=game.version,
        flavour=game.flavour,
        seats=game.seats,
        teams=game.team_of,
        actions=game.actions,
        observation=game.observation,
        max_steps=game.max_steps,
        return_range=game.return_range,
        simultaneous=game.simultaneous,
        move_time=move_time,
    )


def reset(board: int, seat: int, *, seed: int) -> bytes:
    """A match begins. The seed is private to the seat; a program that draws from it alone plays repeatably."""
    return line(type="reset", board=board, seat=seat, seed=seed % 2**53)  # as large as every language reads it exactly


def over(board: int, seat: int, returns: Sequence[float]) -> bytes:
    """A match has ended, with what every seat earned."""
    return line(type="over", board=board, seat=seat, returns=list(returns))


def line(**said: Any) -> bytes:
    """A message."""
    return json.dumps(said, allow_nan=False).encode() + b"\n"


class Request(NamedTuple):
    """One row that must act, as a program is asked: on which board, in which seat, what it sees and what it may do."""

    board: int
    seat: int
    step: int
    observation: NDArray[np.float32]  # of the game's observation shape
    legal: list[int]

    def asked(self, id: str, *, time: float) -> bytes:
        """The request as a line."""
        return f'{{"type": "move", "id": "{id}", {self._said()}, "time": {time!r}}}\n'.encode()

    def plain(self, *, time: float) -> bytes:
        """The request in simple mode: no id, and nothing else is ever said."""
        return f'{{{self._said()}, "time": {time!r}}}\n'.encode()

    def _said(self) -> str:
        where = f'"board": {self.board}, "seat": {self.seat}, "step": {self.step}'
        return f'{where}, "observation": {_written(self.observation)}, "legal": {self.legal}'


def _written(seen: NDArray[np.float32]) -> str:
    """Nested lists of numbers. Planes of nothing but zeros and ones, which most boards are, are the zeros' text with ones
    put in: to write numbers takes several times as long."""
    ones = seen == _ONE
    if np.count_nonzero(ones) == np.count_nonzero(seen):
        zeros, places = _zeros(seen.shape)
        text = zeros.copy()
        text[places[ones.ravel()]] = ord("1")
        return text.tobytes().decode()
    written = repr(seen.tolist())  # what Python writes of lists of numbers is JSON, in half the time that `json` takes
    if "n" in written:  # JSON has neither nan nor inf, and what a game shows is no program's fault
        written = repr(np.nan_to_num(seen).tolist())
    return written


@lru_cache(maxsize=64)
def _zeros(shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The text of zeros in nested lists, and where in it the digits before the points are."""
    text = np.frombuffer(repr(np.zeros(shape).tolist()).encode(), dtype=np.uint8)
    return text, (text == ord(".")).nonzero()[0] - 1


def nonce() -> str:
    """A random 64-bit id, in hex: no number, since not every language has integers of 64 bits.

    An answer that comes before its question, or after the next one, does not name it. No result depends on it.
    """
    return os.urandom(8).hex()


def ready(said: bytes) -> None:
    """Reads the answer to `hello`. Raises `Fault`."""
    told = _object(said)
    if told.get("type") != "ready" or told.get("protocol") != PROTOCOL:
        raise Fault("protocol", f'expected {{"type": "ready", "protocol": {PROTOCOL}}}, got {shown(said)}')


def answered(said: bytes) -> tuple[str, object]:
    """The id that an answer names, and what it says is the action. Raises `Fault` where it is no answer at all."""
    if usual := _USUAL.fullmatch(said):  # read in a fifth of the time
        id, action = usual.groups()
        return id.decode(), int(action)
    told = _object(said)
    id = told.get("id")
    if not isinstance(id, str):
        raise Fault("protocol", f'expected {{"id": "...", "action": n}}, got {shown(said)}')
    return id, told.get("action")


def answered_plainly(said: bytes) -> object:
    """What an answer in simple mode says is the action. Raises `Fault` where it is not JSON."""
    return _parsed(said)


def action(found: object, said: bytes) -> int:
    """The action that an answer gave. Raises `Fault` where it is not one integer."""
    if isinstance(found, bool) or not isinstance(found, int):
        raise Fault("invalid", f"expected an integer as the action, got {shown(said)}")
    if not -_LARGEST <= found <= _LARGEST:
        raise Fault("illegal", f"action {shown(said)} is not legal")
    return found


def shown(said: bytes) -> str:
    """The beginning of a line, in a form that can be printed anywhere."""
    text = ascii(said[: 4 * _SHOWN].decode(errors="replace"))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _object(said: bytes) -> Mapping[str, Any]:
    found = _parsed(said)
    if not isinstance(found, dict):
        raise Fault("protocol", f"expected a JSON object, got {shown(said)}")
    return found


def _parsed(said: bytes) -> Any:
    try:
        return json.loads(said.decode())
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a number of thousands of digits, too deep
        raise Fault("protocol", f"expected JSON on one line, got {shown(said)}") from None
