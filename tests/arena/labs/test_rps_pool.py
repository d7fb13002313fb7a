"""Rock-paper-scissors against a pool: the exact learner does as predicted, the sampled one in little."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.nets import inputs
from agents.reinforce import Reinforce
from agents.trajectory import Trajectory
from arena.labs.lab import Run, conduct
from arena.labs.rps_pool import ARMS, exact, exploited, sampled, settles, uphill
from games.matrix import rock_paper_scissors


@pytest.mark.parametrize(
    ("policy", "worth"), [([1, 0, 0], 1), ([0.5, 0.5, 0], 0.5), ([1 / 3] * 3, 0), ([0.5, 0.25, 0.25], 0.25)]
)
def test_exploitability_is_what_the_best_throw_wins(policy: list[float], worth: float):
    assert exploited(np.array(policy)) == pytest.approx(worth)


@pytest.mark.parametrize(
    ("beta", "tau", "found"),
    [
        (1.0, 0.52, {1.0: 0.321, 0.8: 0.0, 0.5: 0.0, 0.0: 0.0}),
        (1.0, 0.30, {1.0: 0.873, 0.8: 0.573, 0.5: 0.0, 0.0: 0.001}),
        (0.26, 0.20, {1.0: 0.127, 0.8: 0.0, 0.5: 0.0}),
    ],
)
def test_the_exact_learner_cycles_as_was_measured_before(beta: float, tau: float, found: dict[float, float]):
    for alpha, expected in found.items():
        late = float(exact(np.array(alpha), np.array(tau), beta=beta, seed=1))
        assert late == pytest.approx(expected, abs=0.02)
        assert settles(np.array(alpha), np.array(tau), beta=beta) == (expected < 0.05)


def test_its_steps_are_those_of_the_leagues_learner():
    """One batch of eight, from a policy that is not uniform."""
    action, won = torch.tensor([0, 1, 2, 2, 1, 0, 0, 2]), torch.tensor([1.0, -1.0, 0.0, 1.0, 1.0, 0.0, -1.0, 0.0])
    learner = Reinforce(rock_paper_scissors().spec, lr=0.1, entropy=0.2)
    first = torch.tensor([0.5, -1.0, 0.25])
    learner.load_policy({"layers.0.weight": torch.zeros(3, 3), "layers.0.bias": first})
    rows = torch.arange(8)
    ones = torch.ones(8, 1)
    learner.learn(
        Trajectory(
            features=ones,
            legal=torch.ones(8, 3, dtype=torch.bool),
            action=action,
            match=rows,
            seat=0 * rows,
            step=0 * rows,
            earned=torch.zeros(8, 2),
            returns=torch.stack([won, -won], dim=1),
        )
    )
    logits = learner.linear(inputs(ones[:1], rows[:1], seats=2))[0].detach()
    risen = uphill(first[None].numpy(), action[None].numpy(), won[None].numpy(), entropy=0.2)
    assert (logits - first).tolist() == pytest.approx((0.1 * risen[0]).tolist(), abs=1e-6)


def test_a_pool_calms_the_learner_in_little():
    finding = conduct("rps-pool", Run(seeds=3, quick=True))
    assert [row[0] for row in finding.rows] == list(ARMS)
    assert finding.numbers["agreement"] > 0.95
    late = {arm: np.mean(found) for arm, found in finding.numbers["late_exploitability"].items()}
    assert late["no pool"] > 1.5 * late["50/50"]
    assert f"{late['no pool']:.3f} without a pool" in finding.sentence


def test_a_seed_is_the_same_whoever_is_beside_it():
    few, more = (sampled(0.8, lr=0.1, entropy=0.2, episodes=4000, seeds=count) for count in (1, 3))
    np.testing.assert_allclose(few[:, 0], more[:, 0])
    assert not np.allclose(more[-1, 0], more[-1, 1])
