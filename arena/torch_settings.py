"""Torch's global settings, while something is computed that must come out the same on every machine: one thread, float32.

Small matrix products are fastest on one thread anyway; more processes use more cores. And the order in which two threads
add up is part of the result: first weights drawn on one core would not be those drawn on two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ContextDecorator, contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from games.core import Game


class kept:  # noqa: N801, a class since it is entered with every move; written as contextlib's are
    """Whatever is done to the settings inside ends here: an agent's taste must not reach its neighbours."""

    def __enter__(self) -> None:
        self._threads, self._dtype, self._grad = torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled()

    def __exit__(self, *raised: object) -> None:
        torch.set_grad_enabled(self._grad)
        if torch.get_default_dtype() != self._dtype:
            torch.set_default_dtype(self._dtype)
        if torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)


class fixed(kept, ContextDecorator):  # noqa: N801
    """Also a decorator. The caller's own settings come back in the end."""

    def __enter__(self) -> None:
        super().__enter__()
        if self._threads != 1:
            torch.set_num_threads(1)
        if self._dtype != torch.float32:
            torch.set_default_dtype(torch.float32)

    def _recreate_cm(self) -> fixed:
        return fixed()  # a function that calls itself enters once more


def playing(game: Game) -> AbstractContextManager[object]:
    """While matches of a game are played, nothing is differentiated: in torch's inference mode where its rules allow it."""
    return torch.inference_mode() if game.infers else torch.no_grad()


@contextmanager
def ordinary() -> Iterator[None]:
    """Also a decorator. Tensors that are made inside are ordinary ones, as agents and learners expect them: they may be
    changed in place and differentiated anywhere. Those of torch's inference mode, in which matches are played, may not."""
    with torch.inference_mode(False), torch.no_grad():
        yield
