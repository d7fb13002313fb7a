"""Cheap talk around any game: words are heard, cost nothing, and leave the game as it was."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from agents.registry import make_agent
from agents.rehearsal import rehearse
from games.channel import Channel, channel
from games.checks import check_game
from games.core import Wrapper
from games.errors import BadSpec, UnknownName
from games.registry import GAMES
from tests.games.playing import at_random

LEARNED = 'channel("speaker_listener(targets=3)", symbols=3)'
TOLD = 'channel("speaker_listener(targets=4)", symbols=4)'
AROUND = [
    "speaker_listener",
    "prisoners_dilemma(rounds=4, noise=0.3)",
    "tic_tac_toe",
    "kuhn_poker",
    "matrix([[1, 2, 3]])",
    "levers(agents=6, seats=3)",
]


def look(game: Channel, state: Any, seat: int) -> tuple[Tensor, Tensor, Tensor]:
    """What a seat sees: the game's own view, what was said (P, symbols), and the clock."""
    view = game.observe(state, torch.full_like(state.seed, seat))[0]
    clock, said = game.rounds + 1, game.spec.seats * game.symbols
    own, said, clock = view.split([len(view) - clock - said, said, clock])
    return own, said.view(-1, game.symbols), clock


@pytest.mark.parametrize("inner", AROUND)
@pytest.mark.parametrize(("symbols", "rounds"), [(5, 1), (2, 2)])
def test_keeps_the_contract(inner: str, symbols: int, rounds: int):
    check_game(channel(inner, symbols=symbols, rounds=rounds), seeds=range(6))


def test_a_listener_who_is_told_the_target_always_picks_it():
    game: Channel = GAMES.make(TOLD)
    state: Any = game.reset(torch.arange(40))
    state = game.step(state, torch.stack([state.target, torch.zeros_like(state.target)], dim=1))
    assert not state.done.any()
    heard = game.observe(state, torch.ones_like(state.seed))[:, 9:13].argmax(1)  # after 5 of the game and 4 of its own
    state = game.step(state, torch.stack([torch.zeros_like(heard), heard], dim=1))
    assert state.returns.tolist() == [[1.0, 1.0]] * 40


@pytest.mark.parametrize(("game", "least", "most"), [("speaker_listener(targets=3)", 0.2, 0.5), (LEARNED, 0.9, 1.0)])
def test_a_team_learns_the_target_where_it_may_talk_and_nowhere_else(game: str, least: float, most: float):
    """Seed 1, 20 lessons of 256 matches, both seats one PPO; chance is 1/3. Seeds 1 to 3 with words: 0.99, 1.00, 0.97."""
    rules = GAMES.make(game)
    team: Any = make_agent("ppo(lr=1e-3, epochs=4)", rules.spec, seed=1)
    for lesson in range(20):
        team.learn(rehearse(rules, team, boards=256, seed=lesson, everywhere=True).trajectory)
    score = rehearse(rules, team, boards=256, seed=99, everywhere=True).trajectory.returns[:, 0].mean()
    assert least < score <= most


def test_each_seat_sees_its_own_word_first_and_when_it_is_to_act():
    game: Any = channel("prisoners_dilemma", symbols=3)
    state = game.reset(torch.tensor([0]))
    assert [part.tolist() for part in look(game, state, 0)[1:]] == [[[0] * 3] * 2, [1, 0]]
    state = game.step(state, torch.tensor([[2, 1]]))
    assert [part.tolist() for part in look(game, state, 0)[1:]] == [[[0, 0, 1], [0, 1, 0]], [0, 1]]
    assert [part.tolist() for part in look(game, state, 1)[1:]] == [[[0, 1, 0], [0, 0, 1]], [0, 1]]


@pytest.mark.parametrize("inner", AROUND)
def test_talk_leaves_the_game_as_it_was(inner: str):
    """The same moves on the same seeds, with and without words in between."""
    bare, spoken = GAMES.make(inner), channel(inner, symbols=3, rounds=2)
    state, other = bare.reset(torch.arange(30)), spoken.reset(torch.arange(30))
    while not state.done.all():
        for word in (0, 2):
            said = torch.full_like(state.to_act, word, dtype=torch.int64)
            other = spoken.step(other, said)
            assert not other.rewards.any()
        moves = at_random(state)
        state, other = bare.step(state, moves), spoken.step(other, moves)
        assert torch.equal(state.returns, other.returns)
        assert torch.equal(state.done, other.done)
        assert torch.equal(state.to_act, other.to_act)
        for seat in range(bare.spec.seats):
            seats = torch.full_like(state.seed, seat)
            shown = bare.observe(state, seats).flatten(1)
            assert torch.equal(spoken.observe(other, seats)[:, : shown.shape[1]], shown)
    assert other.done.all()


def test_boards_in_the_midst_of_talk_and_of_the_game_lie_in_one_batch():
    game: Any = channel("prisoners_dilemma", symbols=2)
    first = game.reset(torch.tensor([0, 1]))
    second = game.step(first, torch.tensor([[1, 1], [1, 1]]))
    mixed = second.where(torch.tensor([True, False]), first)
    after = game.step(mixed, torch.tensor([[0, 1], [0, 1]]))
    assert after.returns.tolist() == [[0, 5], [0, 0]]
    assert after.said.tolist() == [[1, 1], [0, 1]]


def test_in_a_game_of_turns_who_is_about_to_move_speaks_and_is_still_heard_when_the_other_speaks():
    game: Any = channel("tic_tac_toe", symbols=4)
    state = game.reset(torch.tensor([0]))
    assert state.legal[0].sum(1).tolist() == [4, 0]
    state = game.step(state, torch.tensor([[3, -1]]))
    assert state.legal[0].sum(1).tolist() == [9, 0]
    state = game.step(state, torch.tensor([[8, -1]]))
    assert state.legal[0].sum(1).tolist() == [0, 4]
    assert look(game, state, 1)[1].tolist() == [[0, 0, 0, 0], [0, 0, 0, 1]]


def test_who_says_no_symbol_gives_the_board_up_and_nobody_elses():
    game: Any = channel("prisoners_dilemma(rounds=4)", symbols=2)
    state = game.step(game.reset(torch.arange(3)), torch.tensor([[0, -1], [2, 0], [0, 0]]))
    assert state.done.tolist() == [True, True, False]
    assert state.forfeits.tolist() == [[False, True], [True, False], [False, False]]
    assert state.returns.tolist() == [[4 * 3, 0], [0, 4 * 3], [0, 0]]
    assert state.said.tolist() == [[-1, -1], [-1, -1], [0, 0]]


def test_a_channel_needs_a_game_that_has_none():
    with pytest.raises(BadSpec, match="a game without one"):
        channel(TOLD)
    with pytest.raises(UnknownName, match="speaker_listener"):
        channel("speaker_listner")
    with pytest.raises(BadSpec, match="symbols must be a whole number from 2"):
        channel("levers", symbols=1)


def test_the_picture_quotes_what_was_said():
    game: Any = channel("tic_tac_toe", symbols=4)
    state = game.step(game.reset(torch.tensor([0])), torch.tensor([[3, -1]]))
    assert game.render(state).splitlines()[-1] == 'said: "3", nothing'
    assert "nothing</text>" in game.render_svg(state)
    assert [game.notation(action) for action in (0, 8)] == ['a3 or "0"', "c1"]
    assert channel("prisoners_dilemma", symbols=4).notation(3) == '"3"'


def test_a_picture_of_unknown_size_gives_way_to_the_lines():
    class Vague(Wrapper):
        def render_svg(self, state: Any, board: int = 0) -> str:
            return '<svg xmlns="http://www.w3.org/2000/svg" width="100%"></svg>'

    game = Channel(Vague(GAMES.make("prisoners_dilemma")), symbols=2, rounds=1)
    assert "said: nothing, nothing" in game.render_svg(game.reset(torch.tensor([0])))
