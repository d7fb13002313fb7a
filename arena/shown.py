"""What agents that only read are shown: each field is made when it is first looked at, since most look at little.

Any other agent gets a clone of it, an `Observation` of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from torch import Tensor

from agents.core import Observation
from games.core import Game, State
from games.foreign import Raised, foreign
from games.kept import kept


class RulesFault(Exception):
    """The rules raised: whoever plays, such a match is void. The error itself is the `__cause__`."""


@contextmanager
def rules() -> Iterator[None]:
    """Whatever the rules raise inside becomes `RulesFault`."""
    try:
        with foreign(), kept():
            yield
    except Raised as raised:
        raise RulesFault(str(raised)) from raised.__cause__


def observed(game: Game, state: State, seat: Tensor) -> Tensor:
    """What a seat sees of each board: (B, *observation). Raises `RulesFault`: whoever looks is not to blame for it."""
    with rules():
        return game.observe(state, seat)


class Shown(Observation):
    """An observation that nobody has looked at yet."""

    @classmethod
    def of(cls, make: Callable[[str], Tensor]) -> Self:
        """`make` is what makes a field, by its name."""
        shown = object.__new__(cls)
        shown.__dict__["_make"] = make
        return shown

    def take(self, rows: Tensor | slice) -> Self:
        """Some of the rows only: indices, a mask or a slice."""
        return self.of(lambda name: getattr(self, name)[rows])

    if not TYPE_CHECKING:  # a field that nobody declared is a mistake

        def __getattr__(self, name: str) -> Tensor:
            if name not in self.__dataclass_fields__ or "_make" not in self.__dict__:
                raise AttributeError(f"{type(self).__name__} has no {name!r}")
            found = self.__dict__[name] = self._make(name)
            return found
