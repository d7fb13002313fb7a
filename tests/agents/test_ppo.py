"""PPO: its advantages against a slow reference and by hand, and that it learns what can be learned."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.advantages import estimate
from agents.core import Observation
from agents.nets import inputs, masked
from agents.ppo import PPO
from agents.trajectory import Trajectory
from games.core import GameSpec
from games.errors import BadSpec
from games.kuhn_poker import KuhnPoker
from games.matrix import rock_paper_scissors
from games.tic_tac_toe import TicTacToe
from tests.agents.loop import Always, Uniform, play

TURNS = GameSpec("turns", 1, "competitive", 2, 2, (1,), 9, (-2.0, 2.0))


def slow_estimate(lengths, reward, value, gamma, lambda_):
    """GAE as its paper writes it, a sequence at a time, from the front."""
    advantages, start = [], 0
    for length in lengths:
        values = [*value[start : start + length], 0.0]
        deltas = [reward[start + t] + gamma * values[t + 1] - values[t] for t in range(length)]
        advantages += [sum((gamma * lambda_) ** i * d for i, d in enumerate(deltas[t:])) for t in range(length)]
        start += length
    return advantages


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.floats(0, 1), st.floats(0, 1), st.integers(0, 99))
def test_advantages_are_those_of_the_paper(lengths, gamma, lambda_, seed):
    chance = torch.Generator().manual_seed(seed)
    reward, value = torch.randn(2, sum(lengths), generator=chance, dtype=torch.float64)
    ends = torch.tensor(lengths).cumsum(0) - 1
    following = torch.arange(1, sum(lengths) + 1)
    following[ends] = -1
    got = estimate(following, reward, value, gamma=gamma, lambda_=lambda_)
    expected = slow_estimate(lengths, reward.tolist(), value.tolist(), gamma, lambda_)
    torch.testing.assert_close(got, torch.tensor(expected, dtype=torch.float64))


def turns(seats: list[int], *, won: float) -> Trajectory:
    """One match of the given turns that pays seat 0 `won` at its end."""
    count = len(seats)
    return Trajectory(
        features=torch.arange(count)[:, None].float(),
        legal=torch.ones(count, 2, dtype=torch.bool),
        action=torch.zeros(count, dtype=torch.int64),
        match=torch.zeros(count, dtype=torch.int64),
        seat=torch.tensor(seats),
        step=torch.arange(count),
        earned=torch.zeros(count, 2),
        returns=torch.tensor([[won, -won]]),
    )


def judged(trajectory: Trajectory, value: list[float], *, gamma: float, decay: float, game: GameSpec = TURNS):
    """The targets (N,) of a learner whose critic is made to say `value` of each decision, to the seat that decides."""
    learner = PPO(game, gamma=gamma, decay=decay)
    learner.critic.forward = lambda seen: torch.tensor(value)[:, None]  # type: ignore[method-assign]
    return learner._judge(trajectory).target.tolist()


def test_one_critic_values_a_zero_sum_match_for_both_seats():
    # In units of the largest return, 2, seat 0 wins 1. To seat 0 the match is worth 0.5, then 0.4 (seat 1 hopes for -0.4).
    # Last decision, by seat 0:  delta = 1 - 0.8 = 0.2
    # Middle, by seat 1, told from seat 0:  delta = 0.5 * 0.8 - 0.4 = 0;  advantage = 0 + 0.5 * 0.2 = 0.1
    # First:  delta = 0.5 * 0.4 - 0.5 = -0.3;  advantage = -0.3 + 0.5 * 0.1 = -0.25
    targets = judged(turns([0, 1, 0], won=2.0), [0.5, -0.4, 0.8], gamma=0.5, decay=1.0)
    expected = [0.5 - 0.25, -(0.4 + 0.1), 0.8 + 0.2]
    torch.testing.assert_close(targets, expected)


def test_where_one_seat_was_recorded_it_is_the_plain_estimate():
    seats = turns([1, 1], won=2.0)
    last = -1 - 0.2
    torch.testing.assert_close(judged(seats, [0.1, 0.2], gamma=1.0, decay=0.5), [0.2 + 0.5 * last, -1.0])


def test_in_other_games_each_seat_has_a_sequence_of_its_own():
    mixed = GameSpec("mixed", 1, "mixed", 2, 2, (1,), 9, (-2.0, 2.0))
    targets = judged(turns([0, 1, 0], won=2.0), [0.5, -0.4, 0.8], gamma=1.0, decay=0.0, game=mixed)
    torch.testing.assert_close(targets, [0.8, -1.0, 1.0])


def many(count: int) -> Trajectory:
    """So many decisions in matches of four turns, some actions of which are not legal."""
    chance = torch.Generator().manual_seed(count)
    legal = torch.rand(count, 2, generator=chance) < 0.8
    action = legal.float().argmax(1)
    place = torch.arange(count)
    won = torch.randn(-(-count // 4), 1, generator=chance)
    return Trajectory(
        features=torch.randn(count, 1, generator=chance),
        legal=legal | (place[:, None] % 4 == 0) | ~legal.any(1, keepdim=True),
        action=action,
        match=place // 4,
        seat=place % 2,
        step=place % 4,
        earned=torch.zeros(count, 2),
        returns=torch.cat([won, -won], 1),
    )


@torch.no_grad()
def test_what_is_judged_in_parts_is_judged_as_a_whole():
    learner, seen = PPO(TURNS, seed=1), many(2501)
    whole = masked(learner.actor(inputs(seen.features, seen.seat, seats=2)), seen.legal).log_softmax(1)
    chosen = whole.gather(1, seen.action[:, None]).squeeze(1)
    torch.testing.assert_close(learner._judge(seen).log_prob, chosen, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("steps", "entropy"), [(0, 0.3), (500, 0.2), (1000, 0.1), (2000, 0.1)])
def test_an_update_goes_down_the_loss_of_the_paper(steps, entropy):
    """With the weight of the entropy as far as it is annealed by then."""
    seen = many(64)
    settings = {"hidden": (16,), "entropy": 0.3, "entropy_end": 0.1, "anneal": 1000, "clip": 0.05, "seed": 1}
    learner, oracle = PPO(TURNS, **settings), PPO(TURNS, **settings)
    learner.steps = steps
    batch = learner._judge(seen)
    for _ in range(20):  # the first leave the policy that judged; from then on some ratios are clipped
        learner._update(batch)
        rows_in = inputs(seen.features, seen.seat, seats=2)
        policy = torch.distributions.Categorical(logits=masked(oracle.actor(rows_in), seen.legal))
        ratio = (policy.log_prob(seen.action) - batch.log_prob).exp()
        gain = torch.min(ratio * batch.advantage, ratio.clamp(0.95, 1.05) * batch.advantage)
        surprise = (oracle.critic(rows_in).squeeze(1) - batch.target).square()
        oracle.optimizer.zero_grad()
        (surprise - gain - entropy * policy.entropy()).mean().backward()
        oracle.optimizer.step(max_norm=0.5)
    assert bool(((ratio - 1).abs() > 0.05).any())
    for got, expected in zip(learner.networks.parameters(), oracle.networks.parameters(), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(("steps", "lr"), [(0, 4e-3), (500, 2e-3), (1000, 8e-5), (2000, 8e-5)])
def test_the_step_size_falls_to_a_fiftieth(steps, lr):
    learner = PPO(TURNS, hidden=(8,), lr=4e-3, anneal=1000)
    learner.steps = steps
    learner.learn(many(8))
    assert learner.optimizer.lr == pytest.approx(lr)
    steady = PPO(TURNS, hidden=(8,), lr=4e-3)
    steady.steps = steps
    steady.learn(many(8))
    assert steady.optimizer.lr == 4e-3


def test_half_precision_learns_much_the_same_and_is_saved_as_ever():
    exact, rough = (PPO(TURNS, seed=1, precision=precision) for precision in ("float32", "bfloat16"))
    born = exact.policy()
    for learner in (exact, rough):
        learner.learn(many(512))
    moved = torch.cat([(exact.policy()[name] - weight).flatten() for name, weight in born.items()])
    roughly = torch.cat([(rough.policy()[name] - weight).flatten() for name, weight in born.items()])
    assert not torch.equal(moved, roughly)
    assert torch.cosine_similarity(moved, roughly, 0) > 0.9
    assert {tensor.dtype for tensor in rough.policy().values()} == {torch.float32}
    exact.load_state(rough.state())
    assert torch.equal(exact.policy()["layers.0.weight"], rough.policy()["layers.0.weight"])


def test_play_in_half_precision_is_another_policy_near_the_first():
    seen = many(512)
    exact, rough = (PPO(TURNS, seed=1, play=play) for play in ("float32", "bfloat16"))
    for name, weight in exact.actor.state_dict().items():  # a policy with a mind of its own
        weight.add_(torch.linspace(-1, 1, weight.numel()).view_as(weight).sin(), alpha=0.05)
        rough.actor.state_dict()[name].copy_(weight)
    rows = torch.arange(50_000)  # of one seed each
    again, nobody = rows % len(seen), torch.zeros_like(rows)
    told = Observation(seen.features[again], seen.legal[again], seen.seat[again], nobody, rows, nobody, nobody)
    one, other = (learner.frozen([learner.policy()]).probabilities(told) for learner in (exact, rough))
    assert not torch.equal(one, other)
    torch.testing.assert_close(one, other, atol=0.05, rtol=0)
    acted = [learner.act(told) for learner in (exact, rough, exact.frozen([exact.policy()]))]
    assert torch.equal(acted[0], acted[2])
    assert 0 < (acted[0] != acted[1]).float().mean() < 0.05
    assert {tensor.dtype for tensor in rough.policy().values()} == {torch.float32}


def test_a_precision_that_nobody_plays_in_is_refused():
    with pytest.raises(BadSpec, match="play"):
        PPO(TURNS, play="float16")


@torch.no_grad()
def strayed(learner: PPO, seen: Trajectory) -> float:
    """Mean KL divergence from the magnet over what was seen."""
    log_policy = masked(learner.actor(inputs(seen.features, seen.seat, seats=2)), seen.legal).T.log_softmax(0)
    return float(learner._stray(learner._judge(seen), log_policy))


def kuhn(learner: PPO, seed: int) -> Trajectory:
    seen = play(KuhnPoker(), [learner, learner], boards=64, seed=seed, watch=[0, 1])[1]
    assert seen is not None
    return seen


def test_the_uniform_magnet_is_entropy_by_another_name():
    learner = PPO(KuhnPoker().spec, hidden=(16,), magnet="uniform", seed=1)
    learner.learn(seen := kuhn(learner, 1))
    log_policy = masked(learner.actor(inputs(seen.features, seen.seat, seats=2)), seen.legal).log_softmax(1)
    entropy = -(log_policy.exp() * log_policy).sum(1).mean()
    torch.testing.assert_close(strayed(learner, seen), math.log(2) - entropy.item())
    assert not [name for name in learner.state() if name.startswith("magnet")]


def test_a_copy_stays_where_it_was_until_it_is_renewed():
    learner = PPO(KuhnPoker().spec, hidden=(16,), magnet="copy", lag=64, epochs=4, minibatches=8, seed=1)
    born = learner.policy()
    learner.learn(seen := kuhn(learner, 1))  # 32 updates
    assert strayed(learner, seen) > 0
    assert all(torch.equal(learner.state()[f"magnet.{name}"], weight) for name, weight in born.items())
    learner.learn(kuhn(learner, 2))
    assert strayed(learner, seen) == 0
    assert learner.policy().keys() == born.keys()  # a checkpoint has no use for it


def test_an_average_follows_a_step_behind():
    learner = PPO(KuhnPoker().spec, hidden=(16,), magnet="average", lag=4, epochs=1, minibatches=1, seed=1)
    before = learner.policy()
    learner.learn(kuhn(learner, 1))
    after, state = learner.policy(), learner.state()
    for name, weight in before.items():
        torch.testing.assert_close(state[f"magnet.{name}"], weight + (after[name] - weight) / 4)


def test_a_policy_that_is_taken_over_is_its_own_magnet():
    old, new = (PPO(KuhnPoker().spec, hidden=(16,), magnet="copy", seed=seed) for seed in (1, 2))
    old.learn(seen := kuhn(old, 1))
    new.load_policy(old.policy())
    assert strayed(new, seen) == 0


def test_a_strong_magnet_holds_the_policy():
    moved = {}
    for pull in (0.0, 100.0):
        learner = PPO(KuhnPoker().spec, hidden=(16,), lr=0.01, magnet="copy", pull=pull, seed=1)
        for seed in range(5):
            learner.learn(seen := kuhn(learner, seed))
        moved[pull] = strayed(learner, seen)
    assert moved[100.0] < 0.1 * moved[0.0]


def test_it_answers_rock_with_paper():
    game = rock_paper_scissors()
    learner = PPO(game.spec, hidden=(16,), lr=0.01, minibatches=1, seed=1)
    for seed in range(20):
        learner.learn(play(game, [learner, Always(game.spec, 0)], boards=64, seed=seed, watch=[0])[1])
    returns, _ = play(game, [learner.frozen([learner.policy()]), Always(game.spec, 0)], boards=500)
    assert returns[:, 0].mean() > 0.9  # untrained: 0.0


def test_self_play_beats_chance_at_tic_tac_toe():
    game = TicTacToe()
    learner = PPO(game.spec, hidden=(64, 64), lr=3e-3, epochs=4, minibatches=4, seed=1)
    anyone = Uniform(game.spec)
    untrained = learner.frozen([learner.policy()])
    for seed in range(40):
        learner.learn(play(game, [learner, learner], boards=128, seed=seed, watch=[0, 1])[1])
    trained = learner.frozen([learner.policy()])
    scores = {}
    for name, agent in {"trained": trained, "untrained": untrained}.items():
        first, second = play(game, [agent, anyone], boards=400)[0], play(game, [anyone, agent], boards=400)[0]
        scores[name] = float((first[:, 0] + second[:, 1]).mean()) / 2
    assert abs(scores["untrained"]) < 0.15
    assert scores["trained"] > 0.6  # measured 0.72 to 0.75


def test_self_play_finds_the_value_of_kuhn_poker():
    game = KuhnPoker()
    learner = PPO(game.spec, hidden=(32,), lr=3e-3, entropy=0.2, minibatches=4, seed=1)
    for seed in range(60):
        learner.learn(play(game, [learner, learner], boards=256, seed=seed, watch=[0, 1])[1])
    rated = learner.frozen([learner.policy()])
    value = float(play(game, [rated, rated], boards=20_000, seed=1)[0][:, 0].mean())
    # The equilibrium's value; so much entropy keeps it 0.03 to 0.07 above (5 seeds), and uniform play is 0.18 above.
    assert abs(value + 1 / 18) < 0.09


def test_what_is_only_noise_is_not_blown_up_to_a_signal():
    learner = PPO(TURNS)
    errors = torch.tensor([0.001, -0.001, 0.002])  # of a critic that knows that nothing is to be won
    learner.critic.forward = lambda seen: errors[:, None]  # type: ignore[method-assign]
    assert learner._judge(turns([0, 1, 0], won=0.0)).advantage.abs().max() < 0.5
