"""Rehearsals: the agent sits at every seat, and what it lived through is told in order."""

from __future__ import annotations

import pytest
import torch

from agents.core import Agent, Observation
from agents.errors import Faults, MachineFault
from agents.registry import make_agent
from agents.rehearsal import rehearse
from agents.scripted.uniform import Uniform
from games.core import Game
from games.errors import CheckFailed
from games.registry import GAMES

CONNECT_FOUR, DILEMMA = GAMES.make("connect_four"), GAMES.make("prisoners_dilemma(rounds=4)")


def told(game: Game, **how):
    return rehearse(game, Uniform(game.spec), boards=6, **how)


def test_the_agent_holds_another_seat_on_each_next_board():
    assert told(CONNECT_FOUR).rows.tolist() == [0, 3, 4, 7, 8, 11]  # row = 2 * board + seat
    assert told(CONNECT_FOUR, everywhere=True).rows.tolist() == list(range(12))


def test_where_teams_compete_it_holds_the_team_of_that_seat():
    tug = GAMES.make("tests.plugins.odd_games:Tug")  # its teams are 0, 1, 1, 0
    assert (told(tug).rows % 4).tolist() == [0, 3, 1, 2, 1, 2, 0, 3, 0, 3, 1, 2]


def test_a_learner_that_asks_for_it_is_told_the_global_state():
    game = GAMES.make("two_step")
    told_more = rehearse(game, make_agent("qmix", game.spec), boards=6, everywhere=True).trajectory
    assert torch.equal(told_more.state, told_more.features)  # in this game all see all
    assert told(game, everywhere=True).trajectory.state is None


def test_matches_are_played_to_their_ends():
    trajectory = told(CONNECT_FOUR, everywhere=True).trajectory
    assert (trajectory.returns.sum(1) == 0).all()
    assert (trajectory.returns.abs().sum(1) == 2).sum() >= 4  # random play seldom fills the board


@pytest.mark.parametrize("game", [CONNECT_FOUR, DILEMMA], ids=["turns", "together"])
@pytest.mark.parametrize("everywhere", [True, False])
def test_a_trajectory_is_sorted_by_match_then_step_then_seat(game: Game, everywhere: bool):
    trajectory = told(game, everywhere=everywhere).trajectory
    order = [tuple(row) for row in torch.stack([trajectory.match, trajectory.step, trajectory.seat], 1).tolist()]
    assert order == sorted(set(order))
    assert trajectory.legal.gather(1, trajectory.action[:, None]).all()


def test_what_was_paid_adds_up_to_the_returns():
    trajectory = told(DILEMMA).trajectory
    paid = trajectory.paid(trajectory.following())  # (N, P)
    assert torch.equal(torch.zeros(6, 2).index_add(0, trajectory.match, paid), trajectory.returns)


def test_another_seed_is_another_story():
    one, same, other = (told(CONNECT_FOUR, seed=seed).trajectory.action.tolist() for seed in (0, 0, 1))
    assert one == same != other


def test_a_game_that_never_asks_is_said():
    class Over(type(CONNECT_FOUR)):
        def initial(self, seeds):
            state = super().initial(seeds)
            return state.map(lambda tensor: tensor | True if tensor is state.done else tensor)

    with pytest.raises(CheckFailed, match="in 6 matches of 'connect_four' the agent never had to act"):
        told(Over())


class Bereft(Agent):
    """Like a program for which this machine has no room."""

    def act(self, observation: Observation) -> torch.Tensor:
        raise Faults(torch.full_like(observation.row, -1), {0: MachineFault("no space left on the disk")})


def test_what_the_machine_does_wrong_is_not_said_of_the_agent():
    with pytest.raises(CheckFailed, match="no fault of the agent: no space left") as refused:
        rehearse(CONNECT_FOUR, Bereft(CONNECT_FOUR.spec), boards=6)
    assert refused.value.hint == "mend that, and check again"
