"""How work that takes long tells how far it is: what whoever watches it is."""

from __future__ import annotations

from collections.abc import Callable

Notify = Callable[[int, int, str], None]  # how many parts are done, of how many, and what comes now


def unheard(done: int, of: int, what: str) -> None:
    """For work that nobody watches."""
