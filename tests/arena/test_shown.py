"""What agents are shown is made when they look at it, once, and is theirs."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace

import pytest
import torch
from torch import Tensor

from agents.core import Observation
from arena.shown import Shown

ROWS = 4
NAMES = [field.name for field in fields(Observation)]


def shown() -> tuple[Shown, Counter[str]]:
    made: Counter[str] = Counter()

    def make(name: str) -> Tensor:
        made[name] += 1
        return torch.arange(ROWS) + 10 * NAMES.index(name)

    return Shown.of(make), made


def test_nothing_is_made_before_it_is_looked_at_and_nothing_twice() -> None:
    seen, made = shown()
    part = seen.take(slice(1, 3))
    assert not made
    assert part.seat.tolist() == [21, 22]
    assert part.seat is part.seat
    assert seen.take(slice(0, 1)).seat.tolist() == [20]
    assert made == {"seat": 1}


def test_it_is_an_observation_in_every_way() -> None:
    seen, _ = shown()
    assert len(seen) == ROWS
    assert seen.take(torch.tensor([3, 0])).row.tolist() == [53, 50]
    assert replace(seen, step=torch.zeros(ROWS)).legal.tolist() == [10, 11, 12, 13]
    other = seen.clone()
    assert type(other) is Observation
    assert list(vars(other)) == NAMES
    assert all(torch.equal(getattr(other, name), getattr(seen, name)) for name in NAMES)
    with pytest.raises(AttributeError, match="Shown has no 'colour'"):
        _ = seen.colour


def test_a_clone_is_in_memory_of_its_own() -> None:
    seen, _ = shown()
    seen.clone().features.zero_()
    assert seen.features.tolist() == [0, 1, 2, 3]
