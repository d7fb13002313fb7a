"""Tic-tac-toe: small enough to play out every line."""

from __future__ import annotations

import torch

from games.checks import check_game
from games.tic_tac_toe import TicTacToe
from tests.games.playing import beside_openspiel, lines_of_play, play_moves


def test_keeps_the_contract():
    check_game(TicTacToe())


def test_plays_as_openspiel_does():
    beside_openspiel(TicTacToe(), "tic_tac_toe", boards=2000)


def test_there_are_as_many_lines_of_play_as_published():
    # 9 * 8 * 7 * 6 * 5, then without the lines that were won before; the last number counts the games that fill the board.
    assert lines_of_play(TicTacToe(), 9) == [9, 72, 504, 3024, 15120, 54720, 148176, 200448, 127872]


def test_every_row_of_three_wins():
    rows = ["012", "345", "678", "036", "147", "258", "048", "246"]
    for row in rows:
        mine = list(map(int, row))
        idle = [cell for cell in range(9) if cell not in mine][:2]
        state = play_moves(TicTacToe(), [mine[0], idle[0], mine[1], idle[1], mine[2]])
        assert state.returns.tolist() == [[1.0, -1.0]], row


def test_each_seat_sees_its_own_marks_first():
    game = TicTacToe()
    state = play_moves(game, [0, 5])
    mine, theirs = game.observe(state, torch.tensor([0]))[0]
    assert mine.nonzero().tolist() == [[0, 0]]
    assert theirs.nonzero().tolist() == [[1, 2]]


def test_the_picture_names_the_cells_as_the_notation_does():
    game = TicTacToe()
    state = play_moves(game, [4, 2])
    assert [game.notation(4), game.notation(2)] == ["b2", "c3"]
    assert game.render(state) == "3 . . O\n2 . X .\n1 . . .\n  a b c"
    assert "<circle" in game.render_svg(state)
