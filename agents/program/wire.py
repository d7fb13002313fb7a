"""The words between the league and a program: JSON objects, one a line, UTF-8. `docs/protocol.md` is their specification.

Dimensions: R rows, P seats, A actions.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch

from agents.errors import Fault
from games.spec import GameSpec

PROTOCOL = 1  # grows when an old program would misunderstand a message
LONGEST = 64 * 1024  # bytes of a program's line
_SHOWN = 80  # characters of a program's line that a note shows
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
    observation: Any  # nested lists of the game's observation shape
    legal: list[int]

    def asked(self, id: str, *, time: float) -> bytes:
        """The request as a line."""
        return f'{{"type": "move", "id": "{id}", {self._said()}, "time": {time!r}}}\n'.encode()

    def plain(self, *, time: float) -> bytes:
        """The request in simple mode: no id, and nothing else is ever said."""
        return f'{{{self._said()}, "time": {time!r}}}\n'.encode()

    def _said(self) -> str:
        """What Python writes of lists of numbers is JSON, and there in half the time that `json` takes."""
        seen = repr(self.observation)
        if "n" in seen:  # JSON has neither nan nor inf, and what a game shows is no program's fault
            seen = repr(torch.tensor(self.observation).nan_to_num().tolist())
        where = f'"board": {self.board}, "seat": {self.seat}, "step": {self.step}'
        return f'{where}, "observation": {seen}, "legal": {self.legal}'


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


def answered(said: bytes) -> str:
    """The id that an answer names. Raises `Fault` where it is no answer at all."""
    id = _object(said).get("id")
    if not isinstance(id, str):
        raise Fault("protocol", f'expected {{"id": "...", "action": n}}, got {shown(said)}')
    return id


def action(said: bytes, *, simple: bool = False) -> int:
    """The action of an answer. Raises `Fault` where it is not one integer."""
    found = _parsed(said) if simple else _object(said).get("action")
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
