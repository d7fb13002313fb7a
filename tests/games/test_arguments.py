"""What a spec may say: what is no number, or out of bounds, is refused by name, with the bounds and what came."""

from __future__ import annotations

import pytest

from agents.registry import make_agent
from arena.matchmaking import MATCHMAKERS
from arena.pool import MIXES
from games.errors import BadSpec
from games.registry import GAMES


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("prisoners_dilemma(rounds=2.5)", "rounds must be a whole number from 1 to 100000, got 2.5"),
        ("prisoners_dilemma(rounds=True)", "rounds must be a whole number from 1 to 100000, got True"),
        ("prisoners_dilemma(rounds=0)", "rounds must be a whole number"),
        ("prisoners_dilemma(noise=1.5)", "noise must be a number from 0 up to 1, got 1.5"),
        ("prisoners_dilemma(noise='much')", "noise must be a number from 0 up to 1, got 'much'"),
        ("prisoners_dilemma(temptation=1e999)", "temptation must be a finite number, got 1e999"),
        ("prisoners_dilemma(sucker=True)", "sucker must be a number .* got True"),
        ("matrix([[1, '2']])", "each payoff must be a number .* got '2'"),
        ("matrix([[1, 2]], [[1, 1e999]])", "must be a finite number, got 1e999"),
    ],
)
def test_a_game_refuses_what_is_no_number(spec: str, said: str):
    with pytest.raises(BadSpec, match=said):
        GAMES.make(spec)


@pytest.mark.parametrize(
    ("spec", "game", "said"),
    [
        ("minimax(depth=1.5)", "connect_four", "depth must be a whole number from 1 to 10, got 1.5"),
        ("minimax(depth=True)", "connect_four", "depth must be a whole number from 1 to 10, got True"),
        ("minimax(depth=99)", "connect_four", "depth must be a whole number from 1 to 10, got 99"),
        ("fixed(1.0)", "rock_paper_scissors", "action must be a whole number .* got 1.0"),
        ("fixed(-1)", "rock_paper_scissors", "action must be a whole number from 0 .* got -1"),
        ("fixed(True)", "rock_paper_scissors", "action must be a whole number .* got True"),
        ("biased([1, 2, True])", "rock_paper_scissors", "each weight must be a number .* got True"),
        ("coin('often')", "prisoners_dilemma", "cooperate must be a number from 0 up to 1, got 'often'"),
        ("memory_one(1, 0, 2, 0)", "prisoners_dilemma", "dc must be a number from 0 up to 1, got 2"),
        ("memory_one(1, 0, 1, 0, True)", "prisoners_dilemma", "opening must be a number from 0 up to 1, got True"),
        ("generous_tit_for_tat(-1)", "prisoners_dilemma", "generosity must be a number from 0 up to 1, got -1"),
        ("kuhn_equilibrium(True)", "kuhn_poker", "alpha must be a number .* got True"),
        ("ppo(epochs=True)", "kuhn_poker", "epochs must be a whole number .* got True"),
    ],
)
def test_an_agent_refuses_what_is_no_number(spec: str, game: str, said: str):
    with pytest.raises(BadSpec, match=said):
        make_agent(spec, GAMES.make(game).spec)


@pytest.mark.parametrize("spec", ["round_robin(games=True)", "round_robin(games=1.5)", "gauntlet(games=0)"])
def test_a_matchmaker_refuses_what_is_no_whole_number(spec: str):
    with pytest.raises(BadSpec, match="games must be a whole number from 1"):
        MATCHMAKERS.make(spec)


@pytest.mark.parametrize(("spec", "name"), [("mixture(True)", "latest"), ("delta_uniform('half')", "delta")])
def test_a_mix_refuses_what_is_no_number(spec: str, name: str):
    with pytest.raises(BadSpec, match=f"{name} must be a number from 0 up to 1"):
        MIXES.make(spec)


def test_a_table_that_is_opposed_has_no_zero_below_zero():
    (row,) = GAMES.make("matrix([[0.0, 1.0]])").tables[1]
    assert list(map(str, row)) == ["0.0", "-1.0"]
