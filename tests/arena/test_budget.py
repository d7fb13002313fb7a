"""Budgets: decisions or a time, and their parts."""

from __future__ import annotations

import pytest

from arena.budget import Budget


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (0, Budget(steps=0)),
        ("20000", Budget(steps=20_000)),
        ("500ms", Budget(seconds=0.5)),
        ("1.5m", Budget(seconds=90.0)),
        ("2h", Budget(seconds=7200.0)),
    ],
)
def test_a_budget_is_a_number_of_decisions_or_a_time(said: int | str, expected: Budget) -> None:
    assert Budget.of(said) == expected
    assert bool(expected) is (said != 0)


@pytest.mark.parametrize("said", [-1, "-1", "soon", "30 s", "s", "", "1.5", "inf"])
def test_anything_else_is_refused_in_words(said: int | str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Budget.of(said)


def test_parts_add_up_to_the_whole() -> None:
    assert [Budget(steps=10).share(part, 4).steps for part in range(1, 5)] == [3, 5, 8, 10]
    assert Budget(seconds=2.0).share(1, 4) == Budget(seconds=0.5)
