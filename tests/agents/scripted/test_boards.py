"""Players of boards, judged on positions written as pictures: X is to move, rows that are empty may be left out."""

from __future__ import annotations

import random
from functools import cache

import pytest
import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.registry import make_agent
from agents.scripted.bitboards import Grid
from agents.scripted.boards import Perfect
from agents.scripted.minimax import WIN, Search
from games.errors import BadSpec
from games.spec import GameSpec

CONNECT_FOUR = GameSpec("connect_four", 1, "competitive", 2, 7, (2, 6, 7), 42, (-1.0, 1.0))
TIC_TAC_TOE = GameSpec("tic_tac_toe", 1, "competitive", 2, 9, (2, 3, 3), 9, (-1.0, 1.0))
GRIDS = {game.name: Grid.of(game, agent="test") for game in (CONNECT_FOUR, TIC_TAC_TOE)}
FORESIGHT = ["tactician", "minimax(depth=2)", "minimax(depth=3)", "minimax(depth=4)"]


def picture(text: str) -> Tensor:
    """Planes (2, height, width) of a picture."""
    lines = text.split()
    lines = ["." * 7] * (6 - len(lines)) + lines if len(lines[0]) == 7 else lines
    return torch.tensor([[[float(cell == side) for cell in line] for line in lines] for side in "XO"])


def seen(game: GameSpec, board: Tensor, *, rows: int) -> Observation:
    """One board, shown to `rows` rows of different seeds."""
    features = board.expand(rows, *board.shape)  # (R, 2, height, width)
    place, free = torch.arange(rows), ~features.any(1)
    return Observation(
        features=features,
        legal=free[:, 0] if game is CONNECT_FOUR else free.flatten(1),
        seat=torch.zeros_like(place),
        step=torch.zeros_like(place),
        seed=place,
        row=place,
        member=torch.zeros_like(place),
    )


def choices(spec: str, board: str, *, game: GameSpec = CONNECT_FOUR) -> set[int]:
    """All that an agent plays on a board, over 200 seeds."""
    agent: Agent = make_agent(spec, game)
    return set(agent.act(seen(game, picture(board), rows=200)).tolist())


@pytest.mark.parametrize("spec", [*FORESIGHT, "minimax(depth=1)"])
@pytest.mark.parametrize(
    ("board", "column"),
    [
        ("OOO.... XXX....", 3),
        ("XX.X... OO.O...", 2),
        ("...X... O..X... O..X.O.", 3),
        ("..XO... .XOX... XOXO...", 3),
        ("...OX.. ...XOX. ..OOXOX", 3),
    ],
)
def test_it_wins_where_it_can(spec: str, board: str, column: int):
    assert choices(spec, board) == {column}


@pytest.mark.parametrize("spec", FORESIGHT)
@pytest.mark.parametrize(
    ("board", "column"),
    [
        ("OOO...X", 3),
        ("X.....O X.....O X.X...O", 0),
        ("......O X.....O X.X...O", 6),
        ("..OX... .OXO... OXOX..X", 3),
    ],
)
def test_it_blocks_where_it_must_unless_it_wins_first(spec: str, board: str, column: int):
    assert choices(spec, board) == {column}


def test_a_disc_that_would_not_land_there_is_no_threat():
    assert choices("tactician", "OOO.... XXO.... OXX....") == set(range(7))


def test_three_plies_find_the_double_threat():
    assert choices("minimax(depth=3)", "..XX...") == {1, 4}
    assert choices("minimax(depth=3)", "O.XX..O") == {4}


def test_four_plies_see_the_double_threat_coming():
    assert choices("minimax(depth=4)", "..OO..X") <= {1, 4}
    assert choices("tactician", "..OO..X") == set(range(7))


def test_among_equally_good_moves_the_seed_decides():
    assert choices("perfect", "... ... ...", game=TIC_TAC_TOE) == set(range(9))
    assert choices("tactician", "X.. ... ...", game=TIC_TAC_TOE) == set(range(1, 9))


@pytest.mark.parametrize("spec", ["tactician", "minimax(depth=2)", "perfect"])
def test_tic_tac_toe_is_played_by_cell(spec: str):
    assert choices(spec, "XX. OO. ...", game=TIC_TAC_TOE) == {2}
    assert choices(spec, "X.. OO. X..", game=TIC_TAC_TOE) == {5}


def test_perfect_play_answers_the_corner_with_the_centre():
    assert choices("perfect", "O.. ... ...", game=TIC_TAC_TOE) == {4}


LINES_OF_THREE = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


@pytest.mark.parametrize("first", [True, False])
def test_perfect_play_never_loses_whatever_the_reply_and_whatever_its_lot(first: bool):
    perfect, grid, finished = Perfect(TIC_TAC_TOE), GRIDS["tic_tac_toe"], set()
    cells = [grid.cell(*divmod(action, 3)) for action in range(9)]

    def lines(side: int) -> bool:
        return any(all(side & cells[action] for action in line) for line in LINES_OF_THREE)

    @cache
    def follow(mine: int, theirs: int, my_turn: bool) -> None:
        free = [cell for cell in cells if not (mine | theirs) & cell]
        assert not lines(theirs)
        if lines(mine) or not free:
            finished.add((mine, theirs))
        elif my_turn:
            best = perfect.best(mine, theirs)
            for cell in free:
                if cell & best:
                    follow(mine | cell, theirs, False)
        else:
            for cell in free:
                follow(mine, theirs | cell, True)

    follow(0, 0, first)
    assert len(finished) > 50


class PlainMinimax:
    """The oracle: no bits, no cuts, no order; only the rules, and the value that `Search.guess` describes."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        steps = [(0, 1), (1, 0), (1, 1), (1, -1)]
        self.cells = {(row, column) for row in range(grid.height) for column in range(grid.width)}
        lines = [[(r + i * dr, c + i * dc) for i in range(grid.line)] for r, c in self.cells for dr, dc in steps]
        self.lines = [set(line) for line in lines if set(line) <= self.cells]

    def moves(self, taken: set) -> list:
        free = self.cells - taken
        return [(r, c) for r, c in free if not self.grid.drops or r == self.grid.height - 1 or (r + 1, c) in taken]

    def completes(self, side: set, cell: tuple) -> bool:
        return any(line <= side | {cell} for line in self.lines if cell in line)

    def hope(self, mine: set, theirs: set) -> int:
        still_open = sum(not line & theirs for line in self.lines)
        return still_open + 8 * sum(self.completes(mine, cell) for cell in self.cells - mine - theirs)

    def value(self, mine: set, theirs: set, depth: int) -> int:
        moves = self.moves(mine | theirs)
        if depth == 0:
            return self.hope(mine, theirs) - self.hope(theirs, mine)
        return max((self.after(move, mine, theirs, depth) for move in moves), default=0)

    def after(self, move: tuple, mine: set, theirs: set, depth: int) -> int:
        return WIN + depth if self.completes(mine, move) else -self.value(theirs, mine | {move}, depth - 1)

    def best(self, mine: set, theirs: set, depth: int) -> set:
        values = {move: self.after(move, mine, theirs, depth) for move in self.moves(mine | theirs)}
        return {move for move, value in values.items() if value == max(values.values())}


def random_position(plain: PlainMinimax, chance: random.Random) -> tuple[set, set]:
    """A position without a line, after some random moves."""
    while True:
        mine, theirs = set(), set()
        for _ in range(chance.randrange(len(plain.cells))):
            move = chance.choice(sorted(plain.moves(mine | theirs)))
            if plain.completes(mine, move):
                break
            mine, theirs = theirs, mine | {move}
        else:
            return mine, theirs


@pytest.mark.parametrize(("name", "depth", "positions"), [("connect_four", 1, 40), ("connect_four", 2, 20)])
def test_alpha_beta_chooses_as_plain_minimax_does(name: str, depth: int, positions: int):
    compare(name, depth=depth, positions=positions)


@pytest.mark.parametrize(("depth", "positions"), [(1, 100), (2, 100), (3, 40), (4, 20)])
def test_alpha_beta_chooses_as_plain_minimax_does_in_tic_tac_toe(depth: int, positions: int):
    compare("tic_tac_toe", depth=depth, positions=positions)


def compare(name: str, *, depth: int, positions: int) -> None:
    grid, chance = GRIDS[name], random.Random(depth)
    plain, search = PlainMinimax(grid), Search(grid, depth)

    def bits(side: set) -> int:
        return sum(grid.cell(*cell) for cell in side)

    for _ in range(positions):
        mine, theirs = random_position(plain, chance)
        assert search.best(bits(mine), bits(theirs)) == bits(plain.best(mine, theirs, depth))


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_bits_mean_the_same_in_one_board_and_in_many(grid: Grid):
    chance, plain = random.Random(3), PlainMinimax(grid)
    boards = [random_position(plain, chance) for _ in range(50)]
    sides = torch.zeros(50, 2, grid.height, grid.width)
    for index, pair in enumerate(boards):
        for side, cells in enumerate(pair):
            for cell in cells:
                sides[index, side, *cell] = 1
    mine, theirs = grid.read(sides)
    for index, pair in enumerate(boards):
        assert [mine[index], theirs[index]] == [sum(grid.cell(*cell) for cell in cells) for cells in pair]
        assert grid.moves(mine | theirs)[index] == grid.moves(int(mine[index] | theirs[index]))
        assert grid.threats(mine)[index] == grid.threats(int(mine[index]))


@pytest.mark.parametrize("spec", ["tactician", "minimax", "perfect"])
def test_other_games_are_refused(spec: str):
    poker = GameSpec("kuhn_poker", 1, "competitive", 2, 2, (11,), 3, (-2.0, 2.0))
    with pytest.raises(BadSpec, match=rf"{spec} needs .*'tic_tac_toe', got 'kuhn_poker'"):
        make_agent(spec, poker)


def test_only_tic_tac_toe_is_solved():
    with pytest.raises(BadSpec, match="perfect needs 'tic_tac_toe', got 'connect_four'"):
        make_agent("perfect", CONNECT_FOUR)


def test_a_search_looks_at_least_one_ply_ahead():
    with pytest.raises(BadSpec, match="depth must be a whole number from 1 to 10, got 0"):
        make_agent("minimax(depth=0)", CONNECT_FOUR)
