"""Chess: OpenSpiel's rules against python-chess, positions and moves as text, and boards as agents see them."""

from __future__ import annotations

import io
import sys
from typing import Any

import chess
import chess.pgn
import pytest
import torch

from games.checks import check_game
from games.chess import Chess
from games.chess_board import ACTION, MOVES, fen, planes
from games.errors import BadSpec, MissingExtra
from games.registry import GAMES
from tests.games.playing import at_random

PROMOTIONS = "1n2k3/P1P5/8/8/8/8/5p1p/4K1N1 w - - 0 1"
CASTLING = "r3k2r/pppq1ppp/8/8/8/8/PPPQ1PPP/R3K2R w KQkq - 0 1"
IN_PASSING = "4k3/8/8/8/3pP3/8/3K4/8 b - e3 0 1"
BLACK_BEGINS = "r1bqkbnr/pppp1ppp/2n5/4p3/4P3/5N2/PPPP1PPP/RNBQKB1R b KQkq - 3 12"


def uci(game: Chess, state: Any) -> set[str]:
    return {game.notation(action) for action in state.legal[0].any(0).nonzero().flatten().tolist()}


def push(game: Chess, state: Any, *moves: str) -> Any:
    for move in moves:
        state = game.step(state, torch.full((1, 2), ACTION[move]))
    return state


def test_keeps_the_contract() -> None:
    check_game(Chess(max_steps=16), seeds=range(3))
    check_game(Chess(fen=[PROMOTIONS, BLACK_BEGINS], max_steps=6), seeds=range(4))


@pytest.mark.parametrize("start", [chess.STARTING_FEN, PROMOTIONS, CASTLING, IN_PASSING])
def test_every_move_is_python_chesss_and_every_view_is_the_position(start: str) -> None:
    game, board = Chess(fen=start), chess.Board(start)
    state = game.reset(torch.tensor([5]))
    for _ in range(80):
        assert uci(game, state) == {move.uci() for move in board.legal_moves}
        seat = state.to_act.long().argmax(1)
        assert int(seat) == (not board.turn)
        assert fen(game.observe(state, seat)[0].numpy()).split()[:5] == board.fen().split()[:5]
        action = at_random(state)
        board.push_uci(game.notation(int(action[0, seat])))
        state = game.step(state, action)
        assert bool(state.done) == board.is_game_over(claim_draw=False) or board.can_claim_draw()
        if state.done:
            break


def test_there_are_as_many_moves_as_squares_allow() -> None:
    assert len(MOVES) == len(set(MOVES)) == 1792 + 4 * 44
    assert {"e2e4", "e1g1", "a7a8q", "a7a8", "g8f6", "h2g1n"} <= set(MOVES)
    assert not {"a7a8k", "a1a1", "a1b4", "a6a7q"} & set(MOVES)


def test_mate_stalemate_and_repetition_end_it() -> None:
    game = Chess()
    mated = push(game, game.reset(torch.tensor([0])), "f2f3", "e7e5", "g2g4", "d8h4")
    assert mated.done.all()
    assert mated.returns.tolist() == [[-1.0, 1.0]]
    stale = Chess(fen="7k/5K2/8/6Q1/8/8/8/8 w - - 0 1")
    assert push(stale, stale.reset(torch.tensor([0])), "g5g6").returns.tolist() == [[0.0, 0.0]]
    shuffle = ("g1f3", "g8f6", "f3g1", "f6g8")
    twice = push(game, game.reset(torch.tensor([0])), *shuffle)
    seen = game.observe(twice, torch.tensor([0]))[0]
    assert (seen[19].all(), seen[20].any()) == (True, False)
    assert not twice.done.all()
    assert push(game, twice, *shuffle).done.all()


def test_a_match_that_lasts_is_a_draw() -> None:
    game = Chess(max_steps=2)
    state = push(game, game.reset(torch.tensor([0])), "e2e4", "e7e5")
    assert state.done.all()
    assert state.returns.tolist() == [[0.0, 0.0]]


def test_the_seed_chooses_the_start_and_black_may_begin() -> None:
    game = Chess(fen=[CASTLING, BLACK_BEGINS])
    state = game.reset(torch.arange(200))
    black = state.to_act[:, 1]
    assert 60 < int(black.sum()) < 140
    assert torch.equal(black, Chess(fen=[CASTLING, BLACK_BEGINS]).reset(torch.arange(200)).to_act[:, 1])
    assert {world.fen for world in game.worlds(state)} == {CASTLING, BLACK_BEGINS}  # type: ignore[attr-defined]


@pytest.mark.parametrize("position", [chess.STARTING_FEN, PROMOTIONS, CASTLING, IN_PASSING, BLACK_BEGINS])
def test_what_a_seat_sees_is_the_position(position: str) -> None:
    told = position.split()
    seen = planes(position, white=told[1] == "w", seen=0)
    assert fen(seen).split() == [*told[:5], "1"]


def test_a_game_is_told_in_standard_algebraic_notation() -> None:
    game = Chess(fen=BLACK_BEGINS)
    moves = ["g8f6", "f1b5", "f8c5", "e1g1", "e8g8"]
    tags, said = game.pgn(game.reset(torch.tensor([0])), moves)
    assert dict(tags) == {"SetUp": "1", "FEN": BLACK_BEGINS}
    assert list(said) == ["Nf6", "Bb5", "Bc5", "O-O", "O-O"]
    usual = Chess()
    tags, said = usual.pgn(usual.reset(torch.tensor([0])), ["e2e4", "forfeit"])
    assert (dict(tags), list(said)) == ({}, ["e4", "forfeit"])
    read = chess.pgn.read_game(io.StringIO("1. e4 *"))
    assert read is not None


def test_the_picture_is_a_board() -> None:
    game = Chess()
    state = push(game, game.reset(torch.tensor([0])), "e2e4")
    assert game.render(state).splitlines()[4] == ". . . . P . . ."
    assert game.render_svg(state).startswith("<svg")


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ('chess(fen="nonsense")', "no position in FEN"),
        ("chess(fen=7)", "fen must be a position or a list of them, got 7"),
        ("chess(fen=[])", "fen must be a position or a list of them"),
        ('chess(fen="8/8/8/8/8/8/8/8 w - - 0 1")', "no game of chess leads there"),
        ('chess(fen="7k/5KQ1/8/8/8/8/8/8 b - - 0 1")', "it is over"),
        ("chess(max_steps=0)", "max_steps"),
    ],
)
def test_positions_that_cannot_be_played_are_refused(spec: str, cause: str) -> None:
    with pytest.raises(BadSpec, match=cause):
        GAMES.make(spec)


def test_what_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chess", None)
    with pytest.raises(MissingExtra) as raised:
        GAMES.make("chess")
    assert raised.value.hint == "pip install 'arena-league[chess]'"
