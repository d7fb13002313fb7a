"""Lines of sight: seen is who sees, corners are free, and exact fractions agree."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from games.sight import Sight

CPU = torch.device("cpu")


def clear(size: int, one: int, other: int, *blocked: int) -> bool:
    lines = Sight(size, CPU)
    return bool(
        lines.clear(
            torch.tensor([one]), torch.tensor([other]), lines.bits(torch.tensor(blocked, dtype=torch.int64)[:, None])
        )
    )


def passes(one: tuple[int, int], other: tuple[int, int], cell: tuple[int, int]) -> bool:
    """Whether the line between two centres has a stretch inside a cell, by clipping it with fractions."""
    enter, leave, half = Fraction(0), Fraction(1), Fraction(1, 2)
    for start, end, middle in zip(one, other, cell, strict=True):
        if start == end:
            if not abs(start - middle) < half:
                return False
            continue
        near, far = sorted(((middle - half - start) / (end - start), (middle + half - start) / (end - start)))
        enter, leave = max(enter, near), min(leave, far)
    return enter < leave and cell not in (one, other)


def test_what_lies_between_two_cells_is_what_the_line_passes_through():
    size = 6
    between = (Sight(size, CPU).lines[0][:, None] >> torch.arange(size**2)) & 1  # 36 cells fit into one word
    for pair, cells in enumerate(between.tolist()):
        one, other = divmod(pair, size**2)
        expected = [passes(divmod(one, size), divmod(other, size), divmod(cell, size)) for cell in range(size**2)]
        assert cells == expected, (one, other)


def test_whoever_sees_is_seen_on_a_grid_of_several_words():
    lines = Sight(9, CPU).lines.view(2, 81, 81)
    assert torch.equal(lines, lines.transpose(1, 2))


@pytest.mark.parametrize(
    ("one", "other", "blocked", "seen"),
    [
        (0, 4, (2,), False),  # along a row of five
        (0, 4, (7,), True),  # past a box in the next row
        (0, 12, (6,), False),  # down the diagonal
        (0, 12, (1, 5), True),  # between two corners
        (0, 1, (0, 1), True),  # neighbours see each other, though they stand on what is blocked
        (0, 24, (), True),
    ],
)
def test_a_look_on_five_by_five(one: int, other: int, blocked: tuple[int, ...], seen: bool):
    assert clear(5, one, other, *blocked) is seen


def test_the_last_cell_of_a_grid_of_two_words_blocks_as_the_first_does():
    assert not clear(9, 78, 80, 79)
    assert not clear(9, 0, 2, 1)
    assert not clear(9, 53, 71, 62)
