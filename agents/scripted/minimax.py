"""Alpha-beta search on bitboards: what perfect foresight of a few plies is worth.

Fail-soft negamax (Knuth and Moore 1975, Artificial Intelligence 6) over pairs of integers, (mine, theirs) of the mover.
Blocks are tried before other moves and the centre before the edge, so that most branches are cut early.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from agents.scripted.bitboards import Grid

WIN = 1_000_000  # plus the plies left: a sooner win is a better one, a later loss a smaller evil
_NEVER = 2 * WIN  # beyond every value
_SIDES = 1 << 16  # how many sides are remembered
_THREAT = 8  # a free cell that would complete a line is worth as much as so many lines that are still open


class Search:
    """Looks `depth` plies ahead, one board at a time.

    What depends on one side's pieces alone is remembered: half of a leaf is the same as in its sibling.
    """

    def __init__(self, grid: Grid, depth: int) -> None:
        self.grid, self.depth = grid, depth
        self.threats: Callable[[int], int] = lru_cache(_SIDES)(grid.threats)
        self.open_lines: Callable[[int], int] = lru_cache(_SIDES)(self._open_lines)
        self.by_centre = [grid.actions[action] for action in sorted(range(len(grid.actions)), key=grid.off_centre)]

    def best(self, mine: int, theirs: int) -> int:
        """The cells of all the best moves, as bits."""
        wins = self._wins(mine, theirs)
        if wins:
            return wins
        best, value = 0, -_NEVER
        for move in self._moves(mine, theirs):
            # Values down to one below the best are asked for, so that its equals come out exact.
            found = -self.value(theirs, mine | move, depth=self.depth - 1, low=-_NEVER, high=1 - value)
            best = move if found > value else best | move if found == value else best
            value = max(value, found)
        return best

    def value(self, mine: int, theirs: int, *, depth: int, low: int, high: int) -> int:
        """What the board is worth to its mover: exact between `low` and `high`, a bound beyond them."""
        if depth == 0:
            return self.guess(mine, theirs)
        if self._wins(mine, theirs):
            return WIN + depth
        value = -_NEVER
        for move in self._moves(mine, theirs):
            found = -self.value(theirs, mine | move, depth=depth - 1, low=-high, high=-max(low, value))
            value = max(value, found)
            if value >= high:
                return value
        return value if value > -_NEVER else 0  # no move, no winner: a draw

    def guess(self, mine: int, theirs: int) -> int:
        """The value at the horizon: lines still open to each side, and free cells that would complete one."""
        return self._hope(mine, theirs) - self._hope(theirs, mine)

    def _hope(self, mine: int, theirs: int) -> int:
        threats = self.threats(mine) & ~(mine | theirs)
        return _THREAT * threats.bit_count() + self.open_lines(theirs)

    def _open_lines(self, rival: int) -> int:
        return sum(line.bit_count() for line in self.grid.open_lines(rival))

    def _wins(self, mine: int, theirs: int) -> int:
        return self.threats(mine) & self.grid.moves(mine | theirs)

    def _moves(self, mine: int, theirs: int) -> Iterator[int]:
        moves, danger = self.grid.moves(mine | theirs), self.threats(theirs)
        for group in (moves & danger, moves & ~danger):
            for cells in self.by_centre:
                if group & cells:
                    yield group & cells
