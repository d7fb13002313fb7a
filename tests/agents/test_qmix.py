"""QMIX and VDN: the mixer's promise, the loss by hand, and the two-step game, which tells them apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.buffer import JointBuffer, JointTransitions
from agents.core import Learner
from agents.qmix import QMIX, VDN, QMIXMixer
from agents.registry import make_agent
from agents.rehearsal import rehearse
from agents.trajectory import Trajectory
from games.core import GameSpec
from games.errors import ArenaError, BadSpec
from games.registry import GAMES

TWO_STEP = GAMES.make("two_step")
TEAM = GameSpec("team", 1, "cooperative", 2, 2, (1,), 3, (0.0, 4.0), simultaneous=True)


def raised(mixer: QMIXMixer, seed: int) -> torch.Tensor:
    """By how much the team's value grows when one seat's does, in 200 random cases."""
    chance = torch.Generator().manual_seed(seed)
    values, state, more = (torch.randn(200, size, generator=chance) for size in (3, 4, 3))
    only_one = torch.nn.functional.one_hot(torch.randint(3, (200,), generator=chance), 3)
    return (mixer(values + more.abs() * only_one, state) - mixer(values, state)).detach()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_team_s_value_never_falls_when_one_seat_s_rises(seed: int) -> None:
    assert float(raised(QMIXMixer(3, 4, seed=seed), seed).min()) >= -1e-5
    assert float(raised(QMIXMixer(3, 4, seed=seed, monotone=False), seed).min()) < -0.1


def test_the_mixer_s_weights_come_from_the_state() -> None:
    mixer, values = QMIXMixer(2, 3, seed=1), torch.tensor([[0.0, 0.0], [1.0, 2.0]])
    rises = [float(mixer(values, state).detach().diff()) for state in torch.eye(3)[:, None].expand(3, 2, 3)]
    assert len({round(rise, 4) for rise in rises}) == 3


def joint(**changed: torch.Tensor) -> JointTransitions:
    """One joint decision: both seats did action 1 for a pay of 2, of 4 at most."""
    kept = {
        "features": torch.ones(1, 2, 1),
        "legal": torch.ones(1, 2, 2, dtype=torch.bool),
        "action": torch.ones(1, 2, dtype=torch.int64),
        "reward": torch.tensor([2.0]),
        "state": torch.zeros(1, 0),
        "last": torch.tensor([False]),
        "next_slot": torch.zeros(1, dtype=torch.int64),
    }
    later = {f"next_{name}": kept[name] for name in ("features", "legal", "state")}
    return JointTransitions(**{**kept, **later, **changed})


def saying(learner: QMIX, online: list[float], goal: list[float]) -> QMIX:
    """A learner whose two networks have these values of actions 0 and 1, whatever they see."""
    for network, values in ((learner.network, online), (learner.goal, goal)):
        torch.nn.init.zeros_(network.layers[0].weight)
        network.layers[0].bias.data = torch.tensor(values)
    return learner


@pytest.mark.parametrize(
    ("settings", "changed", "expected"),
    [
        ({"double": True}, {}, 40.0),  # both prefer action 1, which the target copy values at 20 each
        ({"double": False}, {}, 60.0),
        ({"double": True}, {"next_legal": torch.tensor([[[True, False], [True, True]]])}, 50.0),
    ],
)
def test_the_team_expects_what_the_target_copy_says_of_each_seat_s_best(settings, changed, expected) -> None:
    learner = saying(VDN(TEAM, hidden=(), **settings), [1.0, 5.0], [30.0, 20.0])
    assert learner._expect(joint(**changed)).tolist() == [expected]


@pytest.mark.parametrize(("last", "target"), [(False, 2 / 4 + 0.9 * 0.75), (True, 2 / 4)])
def test_the_loss_is_the_square_of_what_the_team_s_value_missed(last: bool, target: float) -> None:
    learner = saying(VDN(TEAM, hidden=(), gamma=0.9), [0.0, 0.25], [0.0, 0.375])
    assert float(learner._update(joint(last=torch.tensor([last])))) == pytest.approx((target - 0.5) ** 2)


def test_what_is_expected_next_is_mixed_by_the_target_copy_in_the_next_state() -> None:
    """Both seats do what the online network likes best next, action 1, which the target copy values at 20."""
    learner = saying(QMIX(TEAM, hidden=(), gamma=0.9), [1.0, 5.0], [30.0, 20.0])
    learner.goal_mixer = QMIXMixer(2, 2, seed=99)
    now, then = torch.eye(2)[:, None]  # (1, G) each
    mixed = {
        (mixer, at): float(mixer(torch.full((1, 2), 20.0), state).detach())
        for mixer in (learner.mixer, learner.goal_mixer)
        for at, state in (("now", now), ("then", then))
    }
    assert len({round(value, 3) for value in mixed.values()}) == 4
    batch = joint(state=now, next_state=then)
    assert float(learner._expect(batch)) == pytest.approx(mixed[learner.goal_mixer, "then"])
    missed = 2 / 4 + 0.9 * mixed[learner.goal_mixer, "then"] - float(learner.mixer(torch.full((1, 2), 5.0), now).detach())
    assert float(learner._update(batch)) == pytest.approx(missed**2, rel=1e-4)


def test_a_mixer_is_two_layers_of_the_state_s_making() -> None:
    mixer, values, state = (
        QMIXMixer(2, 3, seed=1, embedding=4),
        torch.tensor([[0.5, -2.0]]),
        torch.tensor([[0.3, -1.2, 0.7]]),
    )
    with torch.no_grad():
        first, second = mixer.weights1(state).view(2, 4).abs(), mixer.weights2(state)[0].abs()
        hidden = torch.nn.functional.elu(values[0] @ first + mixer.bias1(state)[0])
        expected = hidden @ second + mixer.bias2(state)[0, 0]
    assert float(mixer(values, state).detach()) == pytest.approx(float(expected), rel=1e-5)


def copies(learner: QMIX) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in learner.goals.state_dict().values()]


def alike(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(map(torch.equal, one, other))


def test_the_target_copy_is_renewed_every_so_many_updates() -> None:
    learner = QMIX(TWO_STEP.spec, hidden=(8,), warmup=0, target=1_000_000)
    told = [rehearse(TWO_STEP, learner, boards=32, seed=seed, everywhere=True).trajectory for seed in range(2)]
    learner._look_at(told[0])  # the state's size is known from here on
    before = copies(learner)
    assert learner.learn(told[0])["updates"] == 16
    assert alike(copies(learner), before)
    learner.target = 32
    assert learner.learn(told[1])["updates"] == 32
    assert not alike(copies(learner), before)
    assert alike(copies(learner), list(learner.live.state_dict().values()))


def test_a_global_state_of_another_size_is_refused_once_it_has_learned() -> None:
    learner = QMIX(TWO_STEP.spec, hidden=(8,), warmup=0)
    seen = rehearse(TWO_STEP, learner, boards=8, everywhere=True).trajectory
    learner.learn(seen)
    learned = learner.state()
    assert seen.state is not None
    with pytest.raises(ArenaError, match="learned from a global state of 3 numbers, and this one has 4"):
        learner.learn(replace(seen, state=torch.cat([seen.state, seen.state[:, :1]], 1)))
    assert all(torch.equal(tensor, learned[name]) for name, tensor in learner.state().items())


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
def test_lambda_returns_mix_what_is_expected_with_what_came(decay: float) -> None:
    """The second step's pay is known at the first one by its share; by lambda 1 alone, since nothing follows it."""
    learner = VDN(TWO_STEP.spec, hidden=(), gamma=0.9, decay=decay)
    for network in (learner.network, learner.goal):
        torch.nn.init.zeros_(network.layers[0].weight)
        torch.nn.init.constant_(network.layers[0].bias, 0.25)  # a team of two expects 0.5
    seen = rehearse(TWO_STEP, learner, boards=8, everywhere=True).trajectory
    learner.memory.add(seen)
    batch = learner.memory.at(torch.arange(16))
    pay = batch.reward / learner.unit
    assert torch.equal(batch.last, torch.tensor([False, True] * 8))
    expected = torch.where(batch.last, pay, 0.9 * ((1 - decay) * 0.5 + decay * pay.roll(-1)))
    assert torch.allclose(learner._returns(batch), expected)


def test_the_buffer_keeps_what_all_seats_did_at_once_and_what_came_of_it() -> None:
    seen = rehearse(TWO_STEP, QMIX(TWO_STEP.spec), boards=40, everywhere=True).trajectory
    buffer = JointBuffer(TWO_STEP.spec, capacity=100, states=3)
    buffer.add(seen)
    assert len(buffer) == 80
    told = buffer.sample(500, generator=torch.Generator().manual_seed(1))
    assert torch.equal(told.last, told.state[:, 0] == 0)  # the second step is the last
    assert (told.reward[~told.last] == 0).all()
    assert torch.equal(told.next_state[~told.last, 1:].argmax(1), told.action[~told.last, 0])  # seat 0 chose the matrix
    matrix, (one, other) = told.state[told.last].argmax(1), told.action[told.last].T
    pay = torch.tensor([[7, 7, 7, 7], [0, 1, 1, 8]])[matrix - 1, 2 * one + other]
    assert torch.equal(told.reward[told.last], pay.float())


def test_a_step_at_which_a_seat_is_missing_is_left_out() -> None:
    seen = rehearse(TWO_STEP, QMIX(TWO_STEP.spec), boards=10, everywhere=True).trajectory
    columns = {name: column for name, column in vars(seen).items() if name != "returns"}
    cut = Trajectory(**{name: column[:-1] for name, column in columns.items()}, returns=seen.returns)
    buffer = JointBuffer(TWO_STEP.spec, capacity=100, states=3)
    buffer.add(cut)
    assert len(buffer) == 19


def test_a_saved_learner_knows_how_large_the_global_state_is() -> None:
    """Of its game it knows before its first lesson only what seats see."""
    learner, heir = (make_agent("qmix(hidden=(8,), warmup=20)", TWO_STEP.spec, seed=2) for _ in range(2))
    assert isinstance(learner, QMIX)
    assert isinstance(heir, QMIX)
    assert learner.mixer.states == 6
    heir.load_state(learner.state())
    policy = learner.policy()
    learner.learn(rehearse(TWO_STEP, learner, boards=40, everywhere=True).trajectory)
    assert learner.mixer.states == 3
    heir.load_state(learner.state())
    assert heir.mixer.states == 3
    heir.load_policy(policy)
    assert all(torch.equal(tensor, policy[name]) for name, tensor in heir.policy().items())


def test_what_it_cannot_learn_is_said() -> None:
    for game in ("tic_tac_toe", "rock_paper_scissors", "prisoners_dilemma"):
        with pytest.raises(BadSpec, match="qmix learns cooperative games in which all seats act at once, and"):
            make_agent("qmix", GAMES.make(game).spec)
    with pytest.raises(BadSpec, match="vdn learns cooperative games"):
        make_agent("vdn", replace(TWO_STEP.spec, simultaneous=False))
    seen = rehearse(TWO_STEP, VDN(TWO_STEP.spec), boards=4, everywhere=True).trajectory
    with pytest.raises(ArenaError, match="learns from the game's global state, and the trajectory tells none"):
        QMIX(TWO_STEP.spec).learn(seen)


def learned(spec: str, *, seed: int, lessons: int = 30) -> float:
    """The mean return of the greedy team after each of the last five batches of 64 matches, all played at random."""
    learner, returns = make_agent(spec, TWO_STEP.spec, seed=seed), []
    assert isinstance(learner, Learner)
    for lesson in range(lessons):
        learner.learn(rehearse(TWO_STEP, learner, boards=64, seed=1000 * seed + lesson, everywhere=True).trajectory)
        rated = learner.frozen([learner.policy()])
        returns.append(float(rehearse(TWO_STEP, rated, boards=8, everywhere=True).trajectory.returns.mean()))
    return sum(returns[-5:]) / 5


@pytest.mark.parametrize("seed", [0, 1])
def test_qmix_finds_the_8_of_the_two_step_game(seed: int) -> None:
    assert learned("qmix(epsilon=1.0)", seed=seed) > 7.7


@pytest.mark.parametrize("spec", ["vdn(epsilon=1.0)", "dqn(epsilon=1.0, warmup=200, batch=64, reuse=8, rated_epsilon=0.0)"])
def test_a_sum_of_values_and_seats_on_their_own_stay_with_the_sure_7(spec: str) -> None:
    assert learned(spec, seed=0) < 7.3
