"""How long a learner trains, as users write it: a number of decisions (80000) or a time (500ms, 30s, 5m, 1h)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

EXPECTED = "a number of decisions (80000) or a time (500ms, 30s, 5m, 1h)"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Budget:
    """`steps` decisions or `seconds`, whichever is given. Only decisions can be repeated to the bit."""

    steps: int | None = None
    seconds: float | None = None

    @classmethod
    def of(cls, said: int | str) -> Self:
        """Reads a budget. Raises `ValueError`, which says what was expected."""
        if isinstance(said, int) or said.isdecimal():
            if int(said) < 0:
                raise ValueError("expected 0 or more decisions")
            return cls(steps=int(said))
        if (found := _DURATION.fullmatch(said)) is None:
            raise ValueError(f"expected {EXPECTED}")
        return cls(seconds=float(found[1]) * _SECONDS[found[2]])

    def __bool__(self) -> bool:
        return bool(self.steps or self.seconds)

    def share(self, part: int, parts: int) -> Self:
        """The part of it that is due by the end of the first `part` of `parts` equal parts."""
        if self.steps is not None:
            return type(self)(steps=-(-self.steps * part // parts))
        return type(self)(seconds=(self.seconds or 0.0) * part / parts)
