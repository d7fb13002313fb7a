"""Ranks: who is on a board, and which of its ranks may be luck. What every board of a league goes by."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Protocol

from arena.match import Checkpoint


def shown(rated: Iterable[Checkpoint], agents: Container[str], *, every: bool = False) -> list[Checkpoint]:
    """Who of the rated is on a board of these agents: of each the newest, or, with `every`, all."""
    own = [who for who in rated if who.agent in agents]
    return own if every else list({who.agent: who for who in sorted(own, key=lambda who: who.version)}.values())


class Ranked(Protocol):
    """A place that knows whether the next one is worse for sure."""

    @property
    def rank(self) -> int: ...

    @property
    def separate(self) -> bool: ...


def separation(places: Sequence[Ranked]) -> str:
    """Which ranks may be luck, in words: of those shown, as a board may be cut. Of neighbours only: that none is worse
    than the next for sure does not make the first of many like the last."""
    runs: list[list[int]] = []
    for rank in (place.rank for place in places if not place.separate):
        if runs and runs[-1][-1] == rank - 1:
            runs[-1].append(rank)
        else:
            runs.append([rank])
    if not runs:
        return "each rank shown is separate from the next at 95 %"
    told = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    one = len(runs) == len(runs[0]) == 1
    return f"shown rank{'' if one else 's'} {told} not separate from next at 95 %"
