"""Throws: what is fixed stays fixed, what is biased has its bias, and neither leaves the rules."""

from __future__ import annotations

import pytest
import torch

from agents.registry import make_agent
from games.errors import BadSpec
from games.registry import GAMES
from games.spec import GameSpec
from tests.agents.scripted.test_uniform import rows

RPS = GAMES.make("rock_paper_scissors").spec
PENNIES = GAMES.make("matching_pennies").spec


@pytest.mark.parametrize(("name", "action"), [("rock", 0), ("paper", 1), ("scissors", 2), ("fixed(1)", 1)])
def test_a_fixed_throw_never_changes(name: str, action: int):
    anything = torch.ones(50, 3, dtype=torch.bool)
    assert make_agent(name, RPS).act(rows(anything)).tolist() == [action] * 50


def test_a_biased_throw_follows_its_weights():
    counts = make_agent("biased([1, 0, 3])", RPS).act(rows(torch.ones(10_000, 3, dtype=torch.bool))).bincount(minlength=3)
    assert counts[1] == 0
    assert abs(int(counts[2]) - 7_500) < 220  # 5 standard deviations


def test_a_throw_that_is_not_legal_gives_way():
    legal = torch.tensor([[False, True, True], [False, False, True]])
    assert make_agent("biased([8, 0, 1])", RPS).act(rows(legal)).tolist() == [2, 2]
    assert make_agent("rock", RPS).act(rows(legal))[1] == 2


@pytest.mark.parametrize("spec", ["rock", "paper", "scissors", "fixed(2)", "biased([1, 1, 1])"])
def test_a_throw_that_the_game_does_not_know_is_refused(spec: str):
    with pytest.raises(BadSpec, match=r"needs .* got 'matching_pennies' with 2 simultaneous seats, 2 actions"):
        make_agent(spec, PENNIES)


@pytest.mark.parametrize("weights", ["[1, -1]", "[0, 0]", "[1e999, 1]"])
def test_weights_that_are_no_weights_are_refused(weights: str):
    with pytest.raises(BadSpec, match=r"not all zero|each weight must be a number from 0 |must be a finite number"):
        make_agent(f"biased({weights})", PENNIES)


def test_rock_does_not_play_games_of_turns():
    turns = GameSpec("three_cells", 1, "competitive", 2, 3, (3,), 3, (-1.0, 1.0))
    with pytest.raises(BadSpec, match="alternating"):
        make_agent("rock", turns)
