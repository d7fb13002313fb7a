"""What agents are shown of their rows. Most look at little of it, so each field is made when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor

from agents.core import Observation


class Shown(Observation):
    """An observation that nobody has looked at yet."""

    @classmethod
    def of(cls, make: Callable[[str], Tensor]) -> Self:
        """`make` is what makes a field, by its name."""
        shown = object.__new__(cls)
        shown.__dict__.update(_make=make, _inference=torch.is_inference_mode_enabled())
        return shown

    def take(self, rows: Tensor | slice) -> Self:
        """Some of the rows only: indices, a mask or a slice."""
        return self.of(lambda name: getattr(self, name)[rows])

    def __reduce__(self) -> tuple[type[Observation], tuple[Tensor, ...]]:
        return Observation, tuple([getattr(self, field.name) for field in fields(self)])

    if not TYPE_CHECKING:  # a field that nobody declared is a mistake

        def __getattr__(self, name: str) -> Tensor:
            if name not in self.__dataclass_fields__ or "_make" not in self.__dict__:
                raise AttributeError(f"{type(self).__name__} has no {name!r}")
            with torch.inference_mode(self._inference):  # whatever whoever looks first is in: others look as well
                found = self.__dict__[name] = self._make(name)
            return found
