"""What a spec may say: arguments within bounds, or a `BadSpec` that names the argument, the bounds and what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from games.errors import BadSpec

WIDEST, DEEPEST = 4096, 8
LARGEST = 1e9  # pays and weights beyond it would drown all others in float32


def number(name: str, value: Any, *, low: float = -LARGEST, high: float = LARGEST, open_low: bool = False) -> float:
    """`value` as a float in low..high, `low` itself excluded where it is open. Raises `BadSpec`."""
    sound = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not sound or not low <= value <= high or (open_low and value == low):
        raise BadSpec(f"{name} must be a number {'above' if open_low else 'from'} {low:g} up to {high:g}, got {value!r}")
    return float(value)


def whole(name: str, value: Any, *, low: int, high: int = 1 << 40) -> int:
    """`value` as an int in low..high. Raises `BadSpec`."""
    if type(value) is not int or not low <= value <= high:
        raise BadSpec(f"{name} must be a whole number from {low} to {high}, got {value!r}")
    return value


def switch(name: str, value: Any) -> bool:
    """`value`, True or False. Raises `BadSpec`."""
    if not isinstance(value, bool):
        raise BadSpec(f"{name} must be True or False, got {value!r}")
    return value


def one_of(name: str, value: Any, known: Sequence[str]) -> str:
    """`value`, one of the known words. Raises `BadSpec`."""
    if value not in known:
        raise BadSpec(f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}")
    return str(value)


def wholes(name: str, value: Any, *, low: int, high: int = 1 << 40) -> tuple[int, ...]:
    """One or more whole numbers in low..high, as in (0, 5, 50), each but once. Raises `BadSpec`."""
    if not isinstance(value, (list, tuple)) or not value:
        raise BadSpec(f"{name} must be a list of whole numbers, as in [{low}, {low + 5}], got {value!r}")
    return tuple(dict.fromkeys(whole(f"each of {name}", one, low=low, high=high) for one in value))


def some_of(name: str, value: Any, known: Sequence[str]) -> tuple[str, ...]:
    """One or more of the known words, each but once. Raises `BadSpec`."""
    if not isinstance(value, (list, tuple)) or not value:
        raise BadSpec(f"{name} must be a list out of {', '.join(map(repr, known))}, got {value!r}")
    return tuple(dict.fromkeys(one_of(f"each of {name}", one, known) for one in value))


def options(value: Any) -> dict[str, Any]:
    """`value`, the keywords of what somebody else wrote, by their names; None is none. Raises `BadSpec`."""
    if not isinstance(value, (Mapping, type(None))) or any(not isinstance(name, str) for name in value or ()):
        raise BadSpec(f"options are names and values, got {value!r}", hint='write options={"name": value}')
    return dict(value or {})


def widths(name: str, value: Any) -> tuple[int, ...]:
    """The widths of hidden layers, as in (128, 128). Raises `BadSpec`."""
    if not isinstance(value, (list, tuple)) or len(value) > DEEPEST:
        raise BadSpec(f"{name} must be up to {DEEPEST} layer widths, as in (128, 128), got {value!r}")
    return tuple(whole(f"each width of {name}", width, low=1, high=WIDEST) for width in value)
