"""Learners at one board: each is told its own story, and told it right."""

from __future__ import annotations

import torch

from agents.registry import make_agent
from arena.labs.together import live
from games.dilemmas import prisoners_dilemma

GAME = prisoners_dilemma(rounds=3)


def test_each_seat_is_told_what_it_saw_did_and_earned():
    mine, theirs = live(GAME, [make_agent(spec, GAME.spec) for spec in ("alternator", "defector")], boards=2, seed=1)
    assert mine.action.tolist() == [0, 1, 0] * 2
    assert theirs.action.tolist() == [1, 1, 1] * 2
    assert (mine.match.tolist(), mine.step.tolist()) == ([0, 0, 0, 1, 1, 1], [0, 1, 2] * 2)
    assert (mine.seat.unique().tolist(), theirs.seat.unique().tolist()) == ([0], [1])
    assert mine.features.argmax(1).tolist() == [4, 1, 3] * 2  # nothing yet; CD; DD
    assert theirs.features.argmax(1).tolist() == [4, 2, 3] * 2  # the same, from the other side
    assert mine.returns.tolist() == theirs.returns.tolist() == [[1.0, 11.0]] * 2
    assert mine.earned.tolist() == [[0, 0], [0, 5], [1, 6]] * 2


def test_chance_is_each_seats_and_each_seeds_own():
    def played(seed: int) -> list[list[int]]:
        coins = [make_agent("coin", GAME.spec) for _ in range(2)]
        return [story.action.tolist() for story in live(GAME, coins, boards=20, seed=seed)]

    assert played(1) == played(1) != played(2)
    assert played(1)[0] != played(1)[1]
    assert torch.tensor(played(1)).float().mean() > 0.3
