"""Trees of small games: complete, merged where states are equal, and refused where they would not be the whole truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from games.core import Game, GameSpec, State, Wrapper
from games.dilemmas import prisoners_dilemma
from games.kuhn_poker import KuhnPoker
from games.leduc_poker import LeducPoker
from games.matrix import MatrixGame
from games.registry import GAMES
from games.tic_tac_toe import TicTacToe
from games.tree import NotExact, fingerprint, grow
from tests.agents.loop import Uniform, play


def paid(tree, policy) -> list[float]:
    """What each seat gets on average."""
    return (tree.chance @ tree.values(policy)[: len(tree.chance)]).tolist()


@pytest.mark.parametrize(
    ("game", "nodes", "sets", "levels"),
    [
        ("rock_paper_scissors", 1 + 3 + 9, 2, 3),
        ("kuhn_poker", 6 * 9, 12, 4),
        ("leduc_poker", 2040, 288, 9),  # OpenSpiel counts as many information sets
        ("tic_tac_toe", 5478, 4520, 10),  # known counts of its positions, of which 958 are final
    ],
)
def test_everything_is_there_once(game, nodes, sets, levels):
    tree = grow(GAMES.make(game))
    assert (len(tree), len(tree.legal), len(tree.levels)) == (nodes, sets, levels)


def test_every_deal_of_leduc_counts_as_often_as_it_comes():
    tree = grow(LeducPoker())
    assert len(tree.chance) == 24  # three ranks for three cards, but for three of one rank
    deals = (120 * tree.chance).round(9).tolist()  # out of 6 * 5 * 4 orders of cards
    assert {share: deals.count(share) for share in deals} == {4: 18, 8: 6}  # two of one rank, or all different


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker", "tic_tac_toe", "prisoners_dilemma(rounds=2)"])
def test_uniform_play_earns_what_matches_say(name):
    game = GAMES.make(name)
    tree = grow(game)
    returns, _ = play(game, [Uniform(game.spec)] * 2, boards=20_000)
    error = returns.double().std(0).numpy() / 20_000**0.5
    assert (np.abs(paid(tree, tree.uniform()) - returns.double().mean(0).numpy()) < 4 * error + 1e-9).all()


def test_reach_and_values_are_those_of_a_plain_walk():
    tree = grow(LeducPoker())
    policy = np.random.default_rng(0).random(tree.legal.shape) * tree.legal
    policy /= policy.sum(1, keepdims=True)
    chance = np.zeros(len(tree))
    chance[: len(tree.chance)] = tree.chance
    for level in tree.levels:  # a plain walk, an edge at a time
        for edge in range(level.edges.start, level.edges.stop):
            chance[tree.target[edge]] += chance[tree.source[edge]] * policy.reshape(-1)[tree.slot[edge]]
    assert (chance @ tree.returns).tolist() == pytest.approx(paid(tree, policy))
    reach = tree.reach(policy)
    deal = np.zeros(len(tree))
    deal[: len(tree.chance)] = tree.chance
    for level in tree.levels:  # a node of poker has one parent
        deal[tree.target[level.edges]] = deal[tree.source[level.edges]]
    assert np.allclose(reach[:, 0] * reach[:, 1], chance * deal)


def test_what_seats_see_in_matches_is_found():
    game = KuhnPoker()
    tree = grow(game)
    seen = play(game, [Uniform(game.spec)] * 2, boards=50, watch=[0, 1])[1]
    place = tree.find(seen.step, seen.seat, seen.features, seen.legal)
    assert torch.equal(tree.features[place], seen.features)
    assert (tree.seat[place] == seen.seat.numpy()).all()
    with pytest.raises(NotExact, match="cannot be seen"):
        tree.find(seen.step + 5, seen.seat, seen.features, seen.legal)


def test_seats_that_act_at_once_do_not_see_each_other():
    tree = grow(MatrixGame([[1, 2, 3], [4, 5, 6]]))
    assert tree.legal.tolist() == [[True, True, False], [True, True, True]]
    assert paid(tree, np.array([[0, 1, 0], [0, 0, 1.0]])) == [6, -6]


class Noisy(KuhnPoker):
    """What is bet is not always what was meant."""

    def transition(self, state, actions):
        return super().transition(state, torch.where((state.seed % 2 == 0)[:, None], 1, 0) * state.to_act)


class Hidden(KuhnPoker):
    """Deals, and tells nobody how."""

    openings = Wrapper.openings


class Crystal(TicTacToe):
    """Shows its seats a lucky number."""

    def observe(self, state, seat):
        return super().observe(state, seat) + state.seed[:, None, None, None] % 2


class Forgetful(TicTacToe):
    """Seats see which cells are free, and not whose the others are."""

    def observe(self, state, seat):
        return torch.zeros_like(super().observe(state, seat))


@dataclass(frozen=True, kw_only=True)
class Lamp(State):
    lit: torch.Tensor  # (B,) int64


class Amnesia(Game):
    """Seat 0 may put out a lamp that it cannot see, forgets whether it did, and guesses if the lamp is lit."""

    spec = GameSpec("amnesia", 1, "competitive", 2, 2, (1,), 2, (-1.0, 1.0))

    def initial(self, seeds):
        return Lamp(lit=torch.zeros_like(seeds), **self.opening(seeds))

    def openings(self):
        return replace(self.initial(torch.zeros(2, dtype=torch.int64)), lit=torch.arange(2)), torch.full((2,), 0.5)

    def transition(self, state, actions):
        last, right = state.step == 1, actions[:, 0] == state.lit
        pay = last * (2.0 * right - 1)
        lit = torch.where(last, state.lit, state.lit * (1 - actions[:, 0]))
        return replace(state, lit=lit, rewards=torch.stack([pay, -pay], dim=1), done=last)

    def observe(self, state, seat):
        return torch.zeros(len(state), 1)


class Crowded(TicTacToe):
    spec = replace(TicTacToe.spec, seats=3)


@pytest.mark.parametrize(
    ("game", "why"),
    [
        (GAMES.make("connect_four"), "'connect_four' cannot be solved exactly: it has more than 100,000 nodes"),
        (prisoners_dilemma(rounds=3), "no perfect recall"),
        (prisoners_dilemma(rounds=1, noise=0.1), "leaves more to chance than its opening"),
        (Noisy(), "leaves more to chance than its opening"),
        (Hidden(), "does not tell its `openings"),
        (Crystal(), "shows its seats what falls by chance"),
        (Forgetful(), "no perfect recall"),
        (Amnesia(), "no perfect recall"),
        (Crowded(), "has 3 seats"),
    ],
    ids=lambda one: type(one).__name__ if not isinstance(one, str) else "",
)
def test_what_would_not_be_exact_is_refused_in_words(game, why):
    with pytest.raises(NotExact, match=why.replace("(", r"\(")):
        grow(game)


def test_fingerprints_know_rows_by_their_values_alone():
    rows = torch.tensor([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]])
    one, same, other = fingerprint([rows, torch.ones(3, dtype=torch.bool)]).tolist()
    assert one == same != other
    assert len(set(fingerprint([torch.arange(1000), torch.arange(1000) % 7 == 0]).tolist())) == 1000
