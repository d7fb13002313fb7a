"""Our games as PettingZoo environments: its own tests find nothing wrong, and a match is what the rules make of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from games.core import Game
from games.errors import BadSpec
from games.registry import GAMES

pytest.importorskip("pettingzoo")

from pettingzoo.test import api_test, parallel_api_test

from games.zoo_views import aec_env, parallel_env

TURNS = ("tic_tac_toe", "connect_four", "leduc_poker", "tests.plugins.odd_games:Pile")
AT_ONCE = ("rock_paper_scissors", "prisoners_dilemma(rounds=5)", "two_step", "hide_and_seek")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("game", TURNS + AT_ONCE)
def test_pettingzoo_finds_nothing_wrong_seat_by_seat(game: str) -> None:
    api_test(aec_env(game), num_cycles=100)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("game", AT_ONCE)
def test_pettingzoo_finds_nothing_wrong_all_at_once(game: str) -> None:
    parallel_api_test(parallel_env(game), num_cycles=100)


@pytest.mark.parametrize("game", TURNS + AT_ONCE)
def test_what_is_paid_is_what_the_rules_pay(game: str) -> None:
    rules: Game = GAMES.make(game)
    env, chance = aec_env(game), np.random.default_rng(3)
    for seed in range(5):
        env.reset(seed=seed)
        state, totals = rules.reset(env.board.state.seed), dict.fromkeys(env.possible_agents, 0.0)
        said = [-1] * rules.spec.seats
        for agent in env.agent_iter():
            seen, reward, over, cut, _ = env.last()
            totals[agent] += reward
            assert not cut
            if over:
                env.step(None)
                continue
            seat = env.possible_agents.index(agent)
            assert np.array_equal(seen["action_mask"], state.legal[0, seat].numpy())
            assert np.array_equal(seen["observation"], rules.observe(state, torch.tensor([seat]))[0].numpy())
            said[seat] = int(chance.choice(np.flatnonzero(seen["action_mask"])))
            env.step(said[seat])
            if all(answer >= 0 for answer, asked in zip(said, state.to_act[0].tolist(), strict=True) if asked):
                state, said = rules.step(state, torch.tensor([said])), [-1] * rules.spec.seats
        assert list(totals.values()) == pytest.approx(state.returns[0].tolist())


def test_an_illegal_action_forfeits() -> None:
    env = aec_env("tic_tac_toe", render_mode="ansi")
    env.reset(seed=0)
    env.step(4)
    env.step(4)
    assert env.rewards == {"seat_0": 1.0, "seat_1": -1.0}
    assert "X" in str(env.render())


def test_turns_are_no_game_of_all_at_once() -> None:
    with pytest.raises(BadSpec, match="not all seats"):
        parallel_env("connect_four")
