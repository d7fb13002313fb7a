"""A model of an environment: what it is told, and that it learns a world it can know exactly."""

from __future__ import annotations

import torch

from arena.labs.environment_model import EnvironmentModel, ModelTrainer, Transitions, collect, random_policy


def drifting(count: int) -> Transitions:
    """A world on a line: action 1 goes right by a half and pays 1, action 0 left; beyond 1 it ends."""
    chance = torch.Generator().manual_seed(3)
    state = 3 * torch.rand(count, 1, generator=chance) - 1.5
    action = torch.randint(2, (count,), generator=chance)
    following = state + action[:, None] - 0.5
    last = following[:, 0] > 1
    return Transitions(state, action, action.float(), following, last, torch.arange(count))


def test_it_learns_changes_rewards_and_ends():
    model = EnvironmentModel(1, 2, hidden=(32,), seed=1)
    losses = ModelTrainer(model, lr=5e-3, seed=1).train(drifting(1000), epochs=30)
    assert losses[-1] < 0.2 * losses[0]
    guess = model.predict(torch.tensor([[0.0], [0.0], [1.2]]), torch.tensor([0, 1, 1]))
    torch.testing.assert_close(guess.following, torch.tensor([[-0.5], [0.5], [1.7]]), atol=0.1, rtol=0)
    torch.testing.assert_close(guess.reward, torch.tensor([0.0, 1.0, 1.0]), atol=0.1, rtol=0)
    assert guess.last.tolist() == [False, False, True]


def test_training_is_the_same_again_with_the_same_seed():
    def trained(seed: int) -> list[float]:
        return ModelTrainer(EnvironmentModel(1, 2, seed=seed), seed=seed).train(drifting(200), epochs=2)

    assert trained(1) == trained(1) != trained(2)


def test_what_is_collected_hangs_together_within_an_episode_and_not_across():
    seen = collect("CartPole-v1", random_policy, steps=200, seed=5)
    assert len(seen) == 200
    goes_on = ~seen.last[:-1]
    assert torch.equal(seen.following[:-1][goes_on], seen.state[1:][goes_on])
    assert (seen.state[1:][~goes_on].abs() < 0.06).all()  # a new episode begins near the middle
    assert torch.equal(seen.episode[1:] - seen.episode[:-1], seen.last[:-1].long())
    assert 0.3 < seen.action.float().mean() < 0.7


def test_collecting_is_the_same_again_with_the_same_seed():
    one, same, other = (collect("CartPole-v1", random_policy, steps=50, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.state, same.state)
    assert not torch.equal(one.state, other.state)
