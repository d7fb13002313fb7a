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
    """Which ranks may be luck, in words."""
    groups: list[list[int]] = []
    for place in places[:-1]:
        if place.separate:
            continue
        if groups and groups[-1][-1] == place.rank:
            groups[-1].append(place.rank + 1)
        else:
            groups.append([place.rank, place.rank + 1])
    if not groups:
        return "all ranks are separate at 95 %"
    return f"ranks {', '.join(f'{group[0]}-{group[-1]}' for group in groups)} are not separate at 95 %"
