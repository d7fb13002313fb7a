"""Tapes: the actions of a match as bytes, in order of step and seat, only of the seats that acted.

Seed + tape = the game, so nothing else of a match needs keeping to play it again.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from games.core import is_far
from games.spec import GameSpec


def action_type(game: GameSpec) -> np.dtype[np.signedinteger]:
    """The smallest little-endian signed integer that holds every action and the forfeit, -1."""
    return np.dtype(next(kind for kind in ("<i1", "<i2", "<i4") if game.actions - 1 <= np.iinfo(kind).max))


class TapeRecorder:
    """Collects what B boards play, a tick at a time, and cuts it into one tape for each board."""

    def __init__(self, game: GameSpec, boards: int) -> None:
        self._type, self._boards = action_type(game), boards
        self._kinds = torch.from_numpy(np.zeros(0, self._type)).dtype, torch.int16 if boards <= 2**14 else torch.int64
        self._ticks: list[tuple[Tensor, Tensor]] = []
        self._last: tuple[Tensor | None, Tensor] = None, torch.zeros(0)

    def add(self, boards: Tensor, actions: Tensor) -> None:
        """The actions (R,) of one tick, by the boards (R,) they were played on, in order of board and seat.

        Boards that nobody asked for, from B to 2 * B, may be among them and are left out.
        """
        action, board = self._kinds
        if boards is not self._last[0]:  # often the boards of the tick before
            self._last = boards, boards.to(board)
        self._ticks.append((self._last[1], actions.to(action)))

    def tapes(self) -> list[bytes]:
        """One tape for each board."""
        if not self._ticks:
            return [b""] * self._boards
        lengths, stream = self._played_throughout() or self._sorted()
        ends = lengths.cumsum() * self._type.itemsize
        played = stream.astype(self._type, copy=False).tobytes()
        return [played[start:end] for start, end in pairwise([0, *ends.tolist()])]

    def _played_throughout(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Where all boards are played on in every tick by equally many seats, it is enough to sort one tick."""
        first = self._ticks[0][0]
        if is_far(first.device) or any(boards is not first for boards, _ in self._ticks):
            return None
        rows = np.bincount(first.numpy(), minlength=self._boards)
        if len(rows) > self._boards or (rows != rows[0]).any():
            return None
        ticks = torch.stack([actions for _, actions in self._ticks]).numpy()[:, first.numpy().argsort(kind="stable")]
        return rows * len(ticks), ticks.reshape(len(ticks), self._boards, -1).swapaxes(0, 1)

    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """How much was played on each board, (B,), and all of it, board after board."""
        boards, actions = (torch.cat(told) for told in zip(*self._ticks, strict=True))
        # Ticks were added in the order of time, and stay so within a board.
        if is_far(boards.device):
            counts, actions = boards.bincount(minlength=self._boards).cpu(), actions[boards.argsort(stable=True)].cpu()
            lengths, stream = counts.numpy(), actions.numpy()
        else:  # numpy sorts numbers of 16 bits without comparing them
            lengths = np.bincount(boards.numpy(), minlength=self._boards)
            stream = actions.numpy()[boards.numpy().argsort(kind="stable")]
        return lengths[: self._boards], stream


class TapePlayer:
    """Plays B tapes back: hands out each tick's actions for the seats that act."""

    def __init__(self, game: GameSpec, tapes: list[bytes]) -> None:
        kind = action_type(game)
        lengths = [len(tape) // kind.itemsize for tape in tapes]
        self._stream = torch.full((len(tapes), max(lengths, default=0) + game.seats), -1)
        for row, (tape, length) in enumerate(zip(tapes, lengths, strict=True)):
            self._stream[row, :length] = torch.from_numpy(
                np.frombuffer(tape[: length * kind.itemsize], kind).astype(np.int64)
            )
        whole = [length if len(tape) % kind.itemsize == 0 else -1 for tape, length in zip(tapes, lengths, strict=True)]
        self._lengths = torch.tensor(whole)  # (B,); no reading comes to the end of a torn tape
        self._read = torch.zeros(len(tapes), dtype=torch.int64)

    def next(self, to_act: Tensor) -> Tensor:
        """The actions (B, P) of the seats `to_act` (B, P); a tape that has run out says -1, a forfeit."""
        place = self._read[:, None] + to_act.cumsum(1) - 1
        place = place.clamp(0, self._stream.shape[1] - 1)
        self._read = self._read + to_act.sum(1)
        return torch.where(to_act, self._stream.gather(1, place), -1)

    def exact(self) -> Tensor:
        """(B,) bool: the tape was read to its very end and not beyond."""
        return self._read == self._lengths
