"""Frames of a replay, as text: each with the moves that led to it, one below another or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from arena.match import Result
from arena.names import safe
from arena.replay import Frame

WIDTH = 100  # columns that a screen surely has


def titled(frame: Frame, result: Result) -> str:
    """A frame below a line that says what was played to get there."""
    return f"{_title(frame, result)}\n{harmless(frame.text)}\n"


def beside(frames: Sequence[Frame], *, width: int = WIDTH) -> str:
    """Frames next to each other where they fit, otherwise one below another."""
    blocks = [
        [f"after {frame.step}: {_moves(frame)}" if frame.step else "at first", *harmless(frame.text).split("\n")]
        for frame in frames
    ]
    widths = [max(map(len, block)) for block in blocks]
    if sum(widths) + 4 * len(blocks) > width:
        return "\n\n".join("\n".join(block) for block in blocks)
    rows = zip_longest(*blocks, fillvalue="")
    return "\n".join("    ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows)


def harmless(text: str) -> str:
    """Several lines of foreign text."""
    return "\n".join(safe(line) for line in text.split("\n"))


def _title(frame: Frame, result: Result) -> str:
    if frame.step == 0:
        return " - ".join(f"seat {seat} {checkpoint}" for seat, checkpoint in enumerate(result.match.lineup))
    who = zip(result.match.lineup, frame.moves, strict=True)
    played = ", ".join(f"{checkpoint} plays {safe(move)}" for checkpoint, move in who if move is not None)
    paid = " ".join(f"{earned:+g}" for earned in frame.returns)
    return f"step {frame.step}: {played}" + (f"   ({paid})" if any(frame.returns) else "")


def _moves(frame: Frame) -> str:
    return safe(", ".join(move for move in frame.moves if move is not None))
