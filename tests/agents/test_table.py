"""Agents tell how likely their actions are: it is how often they take them, and nonsense is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.core import Agent, Learner, Observation
from agents.registry import make_agent
from agents.table import read_table, written_out
from games.chance import bits
from games.errors import ArenaError
from games.registry import GAMES

TELLING = [
    ("uniform", "leduc_poker"),
    ("biased([3, 1, 0])", "leduc_poker"),
    ("fixed(1)", "leduc_poker"),
    ("rock", "rock_paper_scissors"),
    ("tight", "kuhn_poker"),
    ("raiser", "leduc_poker"),
    ("kuhn_equilibrium(alpha=0.2)", "kuhn_poker"),
    ("cfr(iterations=9)", "kuhn_poker"),
    ("tabular_mmd(iterations=9)", "leduc_poker"),
    ("ppo(hidden=(8,))", "kuhn_poker"),
    ("dqn(hidden=(8,), rated_epsilon=0.3)", "leduc_poker"),
    ("reinforce", "leduc_poker"),
]
DRAWS = 20_000


@pytest.mark.parametrize(("spec", "game"), TELLING)
def test_probabilities_are_how_often_an_agent_acts(spec: str, game: str) -> None:
    tree = written_out(game)
    agent = make_agent(spec, tree.spec, seed=3)
    if isinstance(agent, Learner):
        far = {name: torch.arange(tensor.numel()).sin().view_as(tensor) for name, tensor in agent.policy().items()}
        agent = agent.frozen([far])  # as new it would be all but uniform
    table = read_table(agent, tree)
    rows = torch.arange(len(tree.legal))[:12].repeat(DRAWS)
    seen = Observation(
        features=tree.features[rows],
        legal=torch.from_numpy(tree.legal)[rows],
        seat=torch.from_numpy(tree.seat)[rows],
        step=torch.from_numpy(tree.step)[rows],
        seed=bits(torch.arange(len(rows)), 1),
        row=torch.arange(len(rows)),
        member=torch.zeros_like(rows),
    )
    often = torch.nn.functional.one_hot(agent.act(seen), tree.spec.actions).view(DRAWS, -1, tree.spec.actions)
    assert np.abs(often.double().mean(0).numpy() - table[:12]).max() < 4.5 * 0.5 / DRAWS**0.5


@pytest.mark.parametrize(("spec", "row"), [("tactician", [0, 0, 1]), ("perfect", [0, 0, 1])])
def test_players_of_boards_tell_their_choice(spec: str, row: list[float]) -> None:
    """X has two in the upper row, O two in the middle one: only the upper right corner wins."""
    tree = written_out("tic_tac_toe")
    board = torch.zeros(2, 3, 3)
    board[0, 0, :2] = board[1, 1, :2] = 1
    place = (tree.features == board).flatten(1).all(1).nonzero().item()
    assert read_table(make_agent(spec, tree.spec), tree)[place, :3].tolist() == row


class Silent(Agent):
    """Plays, and tells nothing."""


class Liar(Agent):
    """Tells what it was made to tell."""

    def __init__(self, told) -> None:
        super().__init__(GAMES.make("leduc_poker").spec)
        self.told = told

    def probabilities(self, observation):
        return self.told(observation)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (Silent(GAMES.make("leduc_poker").spec), "Silent does not tell the probabilities of its actions"),
        (Liar(lambda seen: torch.full(seen.legal.shape, 1 / 3)), "of legal actions"),
        (Liar(lambda seen: seen.legal.float()), "each row's sum 1"),
        (Liar(lambda seen: seen.legal[:, :2].float()), "expected probabilities"),
        (Liar(lambda seen: seen.legal * float("nan")), "expected probabilities"),
        (Liar(lambda seen: torch.tensor([-1.0, 1.0, 1.0]).expand(len(seen), 3)), "expected probabilities"),
    ],
    ids=["silent", "illegal", "no sum", "shape", "nan", "negative"],
)
def test_what_is_no_policy_is_refused(agent: Agent, said: str) -> None:
    with pytest.raises(ArenaError, match=said):
        read_table(agent, written_out("leduc_poker"))
