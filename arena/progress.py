"""Progress: how work that takes long tells how far it is. Whoever shows it is somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

from games.progress import Notify, unheard

__all__ = ["Notify", "patient", "tenths", "unheard"]

One = TypeVar("One")


def patient(notify: Notify, *, patience: float = 2.0) -> Notify:
    """Tells nothing in the first `patience` seconds, so that what is quick stays silent."""
    begun = monotonic()

    def told(done: int, of: int, what: str) -> None:
        if monotonic() - begun >= patience:
            notify(done, of, what)

    return told


def tenths(items: Iterable[One], of: int, what: str, notify: Notify, *, patience: float = 2.0) -> Iterator[One]:
    """The items, about so many, telling of each tenth that begins; nothing in the first `patience` seconds, so that what
    is quick stays silent."""
    begun, next_one = monotonic(), 1
    for place, one in enumerate(items):
        if next_one < 10 and 10 * place >= next_one * of and monotonic() - begun >= patience:
            next_one = 10 * place // of + 1 if of else 10
            notify(min(next_one - 1, 9), 10, f"{what}: {place:,} of {of:,}")
        yield one
