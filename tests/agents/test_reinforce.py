"""REINFORCE: its step is the gradient by autograd, it answers what can be exploited; alone in self-play it strays."""

from __future__ import annotations

import pytest
import torch

from agents.checks import check_learner
from agents.nets import inputs, masked
from agents.reinforce import Reinforce
from agents.table import read_table, written_out
from arena.analysis.exploitability import exploitability
from games.dilemmas import prisoners_dilemma
from games.kuhn_poker import KuhnPoker
from games.leduc_poker import LeducPoker
from games.matrix import matching_pennies, rock_paper_scissors
from tests.agents.loop import Always, Uniform, play

GAME = rock_paper_scissors()


@pytest.mark.parametrize("game", [GAME, matching_pennies(), KuhnPoker()], ids=lambda game: game.spec.name)
def test_it_keeps_the_contract_of_learners(game):
    check_learner("reinforce", game)


def test_it_begins_uniform():
    learner = Reinforce(GAME.spec, seed=7)
    table = read_table(learner.frozen([learner.policy()]), written_out("rock_paper_scissors"))
    assert table.tolist() == [[pytest.approx(1 / 3)] * 3] * 2


@pytest.mark.parametrize("game", [LeducPoker(), prisoners_dilemma(rounds=4)], ids=lambda game: game.spec.name)
def test_a_step_goes_up_the_gradient_of_returns_and_entropy(game):
    learner = Reinforce(game.spec, lr=0.5, entropy=0.3)
    learner.learn(play(game, [Uniform(game.spec)] * 2, boards=64, seed=1, watch=[0, 1])[1])  # away from uniform
    seen = play(game, [learner] * 2, boards=64, seed=2, watch=[0, 1])[1]
    before = learner.policy()
    observed = inputs(seen.features, seen.seat, seats=2)
    logits = learner.linear(observed).detach().requires_grad_()
    log_policy = masked(logits, seen.legal).log_softmax(1)
    to_come = (seen.returns[seen.match] - seen.earned).gather(1, seen.seat[:, None])
    to_come /= game.spec.return_range[1]
    entropy = -(log_policy.exp() * log_policy).sum(1)
    aim = (log_policy.gather(1, seen.action[:, None]) * to_come).sum() + 0.3 * entropy.sum()
    aim.backward()
    rise = logits.grad / ((observed**2).sum(1, keepdim=True) + 1) / len(seen)
    learner.learn(seen)
    after = learner.policy()
    torch.testing.assert_close(after["layers.0.weight"] - before["layers.0.weight"], 0.5 * rise.T @ observed)
    torch.testing.assert_close(after["layers.0.bias"] - before["layers.0.bias"], 0.5 * rise.sum(0))


def test_it_answers_rock_with_paper():
    learner = Reinforce(GAME.spec, lr=1.0, entropy=0.05, seed=1)
    for seed in range(60):
        learner.learn(play(GAME, [learner, Always(GAME.spec, 0)], boards=64, seed=seed, watch=[0])[1])
    returns, _ = play(GAME, [learner.frozen([learner.policy()]), Always(GAME.spec, 0)], boards=500)
    assert returns[:, 0].mean() > 0.9  # untrained: 0.0


def test_entropy_is_what_holds_self_play_near_the_equilibrium():
    """Without it, the last iterate of plain policy gradient strays; the reason why opponents from a pool are wanted."""
    tree = written_out("rock_paper_scissors")
    strayed = {}
    for entropy in (0.0, 0.5):
        learner = Reinforce(GAME.spec, lr=1.0, entropy=entropy, seed=1)
        found = []
        for seed in range(150):
            learner.learn(play(GAME, [learner] * 2, boards=64, seed=seed, watch=[0, 1])[1])
            if seed >= 100:
                found.append(exploitability(tree, read_table(learner.frozen([learner.policy()]), tree)).exploitability)
        strayed[entropy] = sum(found) / len(found)
    assert strayed[0.5] < 0.15 < 0.25 < strayed[0.0]
