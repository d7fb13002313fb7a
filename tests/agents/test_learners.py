"""What every learner promises: it resumes bit for bit, checkpoints stay as they were, and nonsense is told in words."""

from dataclasses import replace

import pytest
import torch

from agents.errors import BadWeights
from agents.registry import make_agent
from agents.weights import pack, unpack
from games.connect_four import ConnectFour
from games.errors import ArenaError, BadSpec
from games.kuhn_poker import KuhnPoker
from games.matrix import rock_paper_scissors
from games.tic_tac_toe import TicTacToe
from tests.agents.loop import Uniform, play

SPECS = [
    "ppo(hidden=(16,), anneal=500)",
    "dqn(hidden=(16,), buffer=150, warmup=20, batch=8, target=3)",
    "commnet(hidden=16)",
    "tarmac(hidden=16, gate=True)",
]
each = pytest.mark.parametrize("spec", SPECS)
GAME = TicTacToe()


def learner(spec: str, *, seed: int = 0, game=GAME):
    return make_agent(spec, game.spec, seed=seed)


def matches(seed: int, *, game=GAME, boards: int = 16):
    agents = [Uniform(game.spec)] * game.spec.seats
    return play(game, agents, boards=boards, seed=seed, watch=range(game.spec.seats))[1]


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@each
def test_a_learner_that_is_saved_and_loaded_goes_on_bit_for_bit(spec):
    went_on = learner(spec)
    went_on.learn(matches(1))
    resumed = learner(spec)
    resumed.load_state(unpack(pack(went_on.state())))
    for seed in (2, 3):
        assert went_on.learn(matches(seed)) == resumed.learn(matches(seed))
    assert same(went_on.state(), resumed.state())


@each
def test_a_seed_is_all_the_chance_there_is(spec):
    torch.manual_seed(0)
    first = learner(spec, seed=5)
    torch.manual_seed(1)
    second, other = learner(spec, seed=5), learner(spec, seed=6)
    for agent in (first, second):
        agent.learn(matches(1))
    assert same(first.state(), second.state())
    assert not same(first.policy(), other.policy())


@each
def test_what_a_learner_gave_does_not_change_as_it_learns_on(spec):
    alice = learner(spec)
    alice.learn(matches(1))
    policy, state = alice.policy(), alice.state()
    kept_policy, kept_state = pack(policy), pack(state)
    rated = alice.frozen([policy])
    before = play(GAME, [rated, Uniform(GAME.spec)], boards=8)[0]
    alice.learn(matches(2))
    assert (pack(policy), pack(state)) == (kept_policy, kept_state)
    assert torch.equal(play(GAME, [rated, Uniform(GAME.spec)], boards=8)[0], before)
    assert pack(alice.policy()) != kept_policy


@each
def test_a_warm_start_takes_the_policy_and_nothing_else(spec):
    old, new, fresh = learner(spec, seed=1), learner(spec, seed=2), learner(spec, seed=2)
    old.learn(matches(1))
    new.learn(matches(2))
    new.load_policy(old.policy())
    assert same(new.policy(), old.policy())
    assert int(new.state()["steps"]) == int(new.state()["updates"]) == 0
    assert new.state().keys() == fresh.state().keys()
    assert not any(tensor.any() for name, tensor in new.state().items() if name.startswith("adam"))


@each
def test_stacked_checkpoints_play_as_each_would_alone(spec):
    agents = [learner(spec, seed=seed) for seed in range(3)]
    policies = [agent.policy() for agent in agents]
    trajectory = matches(1)
    count = len(trajectory)
    from agents.core import Observation

    seen = Observation(
        features=trajectory.features,
        legal=trajectory.legal,
        seat=trajectory.seat,
        step=trajectory.step,
        seed=trajectory.match + 100,
        row=torch.arange(count) * 2 + trajectory.seat,
        member=torch.arange(count) % 3,
    )
    together = agents[0].frozen(policies).act(seen)
    for member, policy in enumerate(policies):
        alone = agents[0].frozen([policy]).act(replace(seen, member=torch.zeros_like(seen.member)))
        mine = seen.member == member
        assert torch.equal(together[mine], alone[mine])
    assert seen.legal.gather(1, together[:, None]).all()


@each
def test_two_matches_between_the_same_checkpoints_are_not_copies(spec):
    alice = learner(spec)
    rated = alice.frozen([alice.policy()])
    _, trajectory = play(GAME, [rated, rated], boards=40, watch=[0, 1])
    tapes = {tuple(trajectory.action[trajectory.match == match].tolist()) for match in range(40)}
    assert len(tapes) > 1


@each
def test_weights_of_another_network_are_refused(spec):
    alice, wider = learner(spec), learner(spec.replace("16", "17"))
    for refuse in (alice.load_policy, alice.load_state, lambda policy: alice.frozen([alice.policy(), policy])):
        with pytest.raises(BadWeights):
            refuse(wider.policy())
    with pytest.raises(BadWeights, match="shape"):
        alice.load_state(wider.state())
    with pytest.raises(BadWeights, match="finite"):
        alice.load_policy({name: tensor * float("nan") for name, tensor in alice.policy().items()})


@each
@pytest.mark.parametrize("game", [KuhnPoker(), rock_paper_scissors(), ConnectFour()], ids=lambda game: game.spec.name)
def test_any_game_is_learned_from_one_seat_or_both(spec, game):
    alice = learner(spec, game=game)
    for watch in ([0, 1], [1]):
        trajectory = play(game, [alice, alice], boards=16, watch=watch)[1]
        metrics = alice.learn(trajectory)
    assert metrics["steps"] == int(alice.state()["steps"]) > 16


@each
def test_nothing_seen_is_nothing_learned(spec):
    alice = learner(spec)
    before, seen = pack(alice.policy()), matches(1)
    columns = {name: column for name, column in vars(seen).items() if column is not None}
    nothing = type(seen)(**{name: column if name == "returns" else column[:0] for name, column in columns.items()})
    assert alice.learn(nothing) == {"steps": 0, "updates": 0}
    assert pack(alice.policy()) == before


@each
def test_a_loss_that_is_not_finite_stops_the_learner(spec):
    seen = matches(1, boards=32)
    with pytest.raises(ArenaError, match="diverged"):
        learner(spec).learn(replace(seen, returns=seen.returns * float("inf")))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("ppo(lr=-1)", "lr must be a number above 0 up to 1, got -1"),
        ("ppo(lr='fast')", "lr must be a number above 0 up to 1, got 'fast'"),
        ("ppo(gamma=1.5)", "gamma must be a number from 0 up to 1, got 1.5"),
        ("ppo(epochs=0)", "epochs must be a whole number from 1 to 1000, got 0"),
        ("ppo(hidden=128)", "hidden must be up to 8 layer widths, as in (128, 128), got 128"),
        ("ppo(hidden=(128, 0))", "each width of hidden must be a whole number from 1 to 4096, got 0"),
        ("dqn(batch=True)", "batch must be a whole number from 1 to 100000, got True"),
        ("dqn(epsilon=2)", "epsilon must be a number from 0 up to 1, got 2"),
        ("dqn(double=1)", "double must be True or False, got 1"),
        ("commnet(rounds=0)", "rounds must be a whole number from 1 to 8, got 0"),
        ("tarmac(communicate='no')", "communicate must be True or False, got 'no'"),
        ("dqn(lr=1e400)", "lr must be a finite number, got 1e400"),
    ],
)
def test_nonsense_in_a_spec_is_told_with_what_was_expected(spec, said):
    with pytest.raises(BadSpec) as told:
        learner(spec)
    assert told.value.cause == said
