"""Matrix games: OpenSpiel's tables, and flavours that follow from the payoffs."""

from __future__ import annotations

from typing import Any

import pyspiel
import pytest
import torch

from games.checks import check_game
from games.errors import BadSpec
from games.matrix import MatrixGame, coordination, matching_pennies, rock_paper_scissors

NAMED = (rock_paper_scissors, matching_pennies, coordination)


def table(game: MatrixGame) -> list[list[list[float]]]:
    """What the game pays, by playing every joint action: (P, rows, columns)."""
    rows, columns = game.rows, game.columns
    actions = torch.cartesian_prod(torch.arange(rows), torch.arange(columns))
    returns = game.step(game.reset(torch.arange(len(actions))), actions).returns
    return returns.T.view(2, rows, columns).tolist()


def openspiel_table(name: str) -> list[list[list[float]]]:
    game: Any = pyspiel.load_matrix_game(name)
    return [
        [[pay(row, column) for column in range(game.num_cols())] for row in range(game.num_rows())]
        for pay in (game.row_utility, game.col_utility)
    ]


@pytest.mark.parametrize("make", NAMED)
def test_keeps_the_contract(make: Any):
    check_game(make())


def test_seats_may_have_different_numbers_of_actions():
    game = MatrixGame([[1, 2, 3]])
    check_game(game)
    assert game.reset(torch.tensor([0])).legal[0].tolist() == [[True, False, False], [True, True, True]]


@pytest.mark.parametrize(
    ("make", "name"),
    [(rock_paper_scissors, "matrix_rps"), (matching_pennies, "matrix_mp"), (coordination, "matrix_coordination")],
)
def test_pays_as_openspiel_does(make: Any, name: str):
    assert table(make()) == openspiel_table(name)


def test_any_openspiel_matrix_game_can_be_written_as_a_spec():
    for name in ("matrix_sh", "matrix_pd", "matrix_shapleys_game", "matrix_bos", "matrix_cd"):
        row, column = openspiel_table(name)
        assert table(MatrixGame(row, column)) == [row, column], name


@pytest.mark.parametrize(("make", "flavour"), list(zip(NAMED, ("competitive", "competitive", "cooperative"), strict=True)))
def test_the_flavour_follows_from_the_payoffs(make: Any, flavour: str):
    assert make().spec.flavour == flavour


def test_payoffs_that_are_neither_opposed_nor_equal_are_mixed():
    assert MatrixGame([[3, 0], [5, 1]], [[3, 5], [0, 1]]).spec.flavour == "mixed"


def test_a_seat_that_gives_up_gets_the_least_and_a_rival_the_most():
    state = rock_paper_scissors().reset(torch.arange(3))
    after = rock_paper_scissors().step(state, torch.tensor([[-1, 0], [0, -1], [-1, -1]]))
    assert after.returns.tolist() == [[-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]


def test_the_picture_names_the_throws():
    game = rock_paper_scissors()
    state = game.reset(torch.tensor([0]))
    assert game.render(state) == "rock_paper_scissors: nothing played"
    after = game.step(state, torch.tensor([[1, 0]]))
    assert game.render(after) == "rock_paper_scissors: paper against rock, 1 to -1"
    assert "paper against rock" in game.render_svg(after)


@pytest.mark.parametrize("payoffs", [[], [[]], [[1, 2], [3]]])
def test_a_table_must_be_a_table(payoffs: Any):
    with pytest.raises(BadSpec, match="rows of one length"):
        MatrixGame(payoffs)


def test_tables_and_names_must_fit_each_other():
    with pytest.raises(BadSpec, match="one shape"):
        MatrixGame([[1, 2]], [[1], [2]])
    with pytest.raises(BadSpec, match="names of actions"):
        MatrixGame([[1, 2], [3, 4]], actions=("left",))
