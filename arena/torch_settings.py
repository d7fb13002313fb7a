"""Torch's global settings, while something is computed that must come out the same on every machine: one thread, float32.

Small matrix products are fastest on one thread anyway; more processes use more cores. And the order in which two threads
add up is part of the result: first weights drawn on one core would not be those drawn on two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ContextDecorator, contextmanager
from typing import TYPE_CHECKING

import torch

from games.kept import kept

if TYPE_CHECKING:
    from games.core import Game


class fixed(kept, ContextDecorator):  # noqa: N801
    """Also a decorator. The caller's own settings come back in the end."""

    def __enter__(self) -> None:
        super().__enter__()
        if self._threads != 1:
            torch.set_num_threads(1)
        if self._dtype != torch.float32:
            torch.set_default_dtype(torch.float32)
        self._default: torch.device | None = None  # the caller's, where he has set one
        self._cpu: torch.device | None = None
        if self._modes == 1:
            self._default = torch.get_default_device()
            torch.set_default_device(None)
        if torch._C._len_torch_function_stack():  # a `with torch.device(...)` around us; it cannot be left
            self._default, self._cpu = None, torch.device("cpu")
            self._cpu.__enter__()

    def __exit__(self, *raised: object) -> None:
        if self._cpu is not None:
            self._cpu.__exit__(*raised)
        super().__exit__(*raised)
        if self._default is not None:
            torch.set_default_device(self._default)

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
