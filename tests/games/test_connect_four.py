"""Connect four: the rules against OpenSpiel's, and the positions that are easy to get wrong."""

from __future__ import annotations

import pytest
import torch

from games.checks import check_game
from games.connect_four import ConnectFour
from tests.games.playing import beside_openspiel, lines_of_play, play_moves

A, B, C, D, E, F, G = range(7)


def test_keeps_the_contract():
    check_game(ConnectFour())


def test_plays_as_openspiel_does():
    beside_openspiel(ConnectFour(), "connect_four", boards=2000)


def test_there_are_as_many_lines_of_play_as_published():
    # Tromp's perft: at depth 7 the first full column takes 7 lines away.
    assert lines_of_play(ConnectFour(), 7) == [7, 49, 343, 2401, 16807, 117649, 823536]


@pytest.mark.parametrize(
    ("moves", "line"),
    [
        ([A, B, A, B, A, B, A], "upright"),
        ([A, A, B, B, C, C, D], "level"),
        ([A, B, B, C, C, D, C, D, D, F, D], "rising"),
        ([G, F, F, E, E, D, E, D, D, B, D], "falling"),
        ([D, A, E, A, F, A, G], "against the right edge"),
    ],
)
def test_four_in_a_line_win(moves: list[int], line: str):
    before, after = play_moves(ConnectFour(), moves[:-1]), play_moves(ConnectFour(), moves)
    assert not before.done.any(), line
    assert after.done.all(), line
    assert after.returns.tolist() == [[1.0, -1.0]]


def test_a_line_does_not_run_from_the_top_of_a_column_into_the_next():
    # X holds the two upper cells of a and the two lower ones of b, four neighbours if there were no gap between columns.
    state = play_moves(ConnectFour(), [B, A, B, A, A, A, A, G, A])
    assert not state.done.any()


def test_a_full_column_is_not_legal():
    state = play_moves(ConnectFour(), [D] * 6)
    assert state.legal[0].tolist() == [[True, True, True, False, True, True, True], [False] * 7]


def test_dropping_into_a_full_column_forfeits():
    state = play_moves(ConnectFour(), [D] * 7)
    assert state.forfeits.tolist() == [[True, False]]
    assert state.returns.tolist() == [[-1.0, 1.0]]


def test_a_full_board_is_a_draw():
    moves = ["abcdefg".index(letter) for letter in "abbfccdbgccefagfabcabededfcbgffaeddadggege"]
    state = play_moves(ConnectFour(), moves)
    assert state.step.tolist() == [42]
    assert state.done.all()
    assert state.returns.tolist() == [[0.0, 0.0]]


def test_each_seat_sees_its_own_discs_first_and_the_top_row_first():
    game = ConnectFour()
    state = play_moves(game, [A, A, G])
    mine, theirs = game.observe(state, torch.tensor([1]))[0]
    assert mine.nonzero().tolist() == [[4, A]]
    assert theirs.nonzero().tolist() == [[5, A], [5, G]]


def test_the_picture_shows_the_board():
    game = ConnectFour()
    state = play_moves(game, [D, D, E])
    assert game.render(state).splitlines()[-3:] == [". . . O . . .", ". . . X X . .", "a b c d e f g"]
    assert game.render_svg(state).count("<circle") == 42
