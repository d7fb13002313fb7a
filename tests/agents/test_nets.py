"""Networks: seeded, stacked without a difference, and choices that are fair and depend on nothing but the row's seed."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from agents.nets import MLP, Adam, StackedMLP, epsilon_greedy, inputs, sample
from games.chance import bits

SIZES = (6, 16, 16, 4)


def networks(count: int) -> list[MLP]:
    return [MLP(SIZES, seed=seed) for seed in range(count)]


def rows(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, SIZES[0], generator=torch.Generator().manual_seed(seed))


def seeds(count: int) -> torch.Tensor:
    return bits(torch.arange(count), 5)


def test_a_seed_gives_the_same_first_weights_whatever_the_global_generator_says():
    torch.manual_seed(1)
    first, before = MLP(SIZES, seed=3), torch.get_rng_state()
    torch.manual_seed(2)
    second, other = MLP(SIZES, seed=3), MLP(SIZES, seed=4)
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), before)  # nothing was drawn
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.layers[0].weight, other.layers[0].weight)


SEATS = 2


def stack(alone: list[MLP]) -> StackedMLP:
    return StackedMLP([network.state_dict() for network in alone], seats=SEATS)


def seen(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Features and seats of some rows."""
    chance = torch.Generator().manual_seed(seed)
    return torch.randn(count, SIZES[0] - SEATS, generator=chance), torch.randint(SEATS, (count,), generator=chance)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 60)), min_size=1, max_size=12),
    st.booleans(),
    st.booleans(),
)
def test_the_stack_answers_as_each_network_alone(count, drawn, one_seat, far):
    """Long runs and short ones of rows, a member in one run or in many, at one seat or at both, looked at or not."""
    members = torch.cat([torch.full((length,), member % count) for member, length in drawn])
    alone, (features, seat) = networks(count), seen(len(members))
    seat = seat * 0 + 1 if one_seat else seat
    rows = zip(members, inputs(features, seat, seats=SEATS), strict=True)
    expected = torch.stack([alone[member](row) for member, row in rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agents.nets.is_far", lambda device: far)
        torch.testing.assert_close(stack(alone)(features, seat, members), expected, atol=1e-5, rtol=1e-5)


HALVES = torch.backends.mkldnn.is_available() and torch.cpu._is_avx512_bf16_supported()


@pytest.mark.skipif(not HALVES, reason="needs a processor that multiplies bfloat16")
@pytest.mark.parametrize(
    ("count", "rows"), [(1, 1), (1, 700), (1, 5000), (2, 3000), (5, 60), (5, 700), (32, 33), (32, 700)]
)
@pytest.mark.parametrize("one_seat", [False, True])
def test_in_half_precision_a_row_is_answered_the_same_in_any_company(count, rows, one_seat):
    (features, seat), members = seen(rows), torch.arange(rows) * 7 % 11 % count
    seat = seat * 0 if one_seat else seat
    rough = StackedMLP([network.state_dict() for network in networks(count)], seats=SEATS, dtype=torch.bfloat16)
    together, order = rough(features, seat, members), members.argsort(stable=True)
    assert together.dtype == torch.float32
    assert torch.equal(rough(features[order], seat[order], members[order]), together[order])
    for some in (slice(0, 1), slice(rows // 3, rows // 2 + 1), slice(rows // 2, None)):
        assert torch.equal(rough(features[some], seat[some], members[some]), together[some])


@pytest.mark.parametrize("count", [1, 6])
def test_half_precision_is_near_single_precision(count):
    (features, seat), members = seen(500), torch.arange(500) % count
    policies = [network.state_dict() for network in networks(count)]
    exact, rough = (
        StackedMLP(policies, seats=SEATS, dtype=dtype)(features, seat, members) for dtype in (torch.float32, torch.bfloat16)
    )
    assert not torch.equal(exact, rough)
    torch.testing.assert_close(rough, exact, atol=0.05, rtol=0.05)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("count", [1, 2, 32])
def test_a_gpu_answers_as_the_processor(count):
    stacked, (features, seat), members = stack(networks(count)), seen(3000), torch.arange(3000) % count
    here = stacked(features, seat, members)
    there = stacked.to("cuda")(features.cuda(), seat.cuda(), members.cuda())
    torch.testing.assert_close(there.cpu(), here, atol=1e-4, rtol=1e-4)


def test_more_rows_than_the_cache_holds_are_answered_in_their_order():
    (alone,), (features, seat) = networks(1), seen(1500)
    answers = stack([alone])(features, seat, torch.zeros(1500, dtype=torch.int64))
    torch.testing.assert_close(answers, alone(inputs(features, seat, seats=SEATS)), atol=1e-5, rtol=1e-5)


def test_the_order_of_rows_does_not_matter_to_who_answers():
    stacked, (features, seat), members = stack(networks(3)), seen(30), torch.arange(30) % 7 % 3
    order = torch.randperm(30, generator=torch.Generator().manual_seed(1))
    expected = stacked(features, seat, members)[order]
    torch.testing.assert_close(stacked(features[order], seat[order], members[order]), expected, atol=1e-5, rtol=1e-5)


def test_a_stack_answers_no_rows_with_no_rows():
    for count in (1, 3):
        assert stack(networks(count))(*seen(0), torch.zeros(0, dtype=torch.int64)).shape == (0, 4)


@pytest.mark.parametrize("count", [1, 2])
def test_a_stack_shares_no_memory_with_what_it_was_made_of(count):
    alone = networks(count)
    stacked, (features, seat), members = stack(alone), seen(5), torch.zeros(5, dtype=torch.int64)
    before = stacked(features, seat, members)
    with torch.no_grad():
        for weight in alone[0].parameters():
            weight.add_(1.0)
    assert torch.equal(stacked(features, seat, members), before)


def test_seats_that_see_the_same_are_told_apart():
    given_ = inputs(torch.zeros(2, 1, 3), torch.tensor([0, 1]), seats=2)
    assert given_.tolist() == [[0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]


def test_choices_follow_the_softmax():
    logits = torch.tensor([0.7, 0.1, 0.2]).log().expand(20_000, 3)
    drawn = sample(
        logits, torch.ones_like(logits, dtype=torch.bool), seed=seeds(20_000), step=torch.zeros(20_000, dtype=torch.int64)
    )
    shares = drawn.bincount(minlength=3) / 20_000
    torch.testing.assert_close(shares, torch.tensor([0.7, 0.1, 0.2]), atol=0.015, rtol=0)


def test_a_choice_depends_on_the_rows_seed_and_step_alone():
    logits, step = torch.zeros(50, 5), torch.arange(50) % 7
    drawn = sample(logits, torch.ones_like(logits, dtype=torch.bool), seed=seeds(50), step=step)
    assert torch.equal(
        sample(logits[20:30], torch.ones(10, logits.shape[1], dtype=torch.bool), seed=seeds(50)[20:30], step=step[20:30]),
        drawn[20:30],
    )
    assert not torch.equal(sample(logits, torch.ones_like(logits, dtype=torch.bool), seed=seeds(50), step=step + 1), drawn)


def test_an_illegal_action_is_never_drawn_and_entropy_stays_a_number():
    legal = torch.tensor([[True, False, True]]).expand(1000, 3)
    logits = torch.tensor([[-50.0, 50.0, -60.0]]).expand(1000, 3)
    step = torch.zeros(1000, dtype=torch.int64)
    assert legal.gather(1, sample(logits, legal, seed=seeds(1000), step=step)[:, None]).all()
    log_policy = logits.log_softmax(1)
    assert (log_policy.exp() * log_policy).sum(1).isfinite().all()


def test_logits_are_left_as_they_are_however_they_lie_in_memory():
    logits, legal = torch.zeros(7, 50).T, torch.tensor([True, False] * 3 + [True]).expand(50, 7)
    sample(logits, legal, seed=seeds(50), step=torch.zeros(50, dtype=torch.int64))
    assert bool((logits == 0).all())


def test_the_best_legal_action_is_taken_and_equals_are_drawn_by_lot():
    values = torch.tensor([1.0, 3.0, 3.0, 9.0]).expand(4000, 4)
    legal = torch.tensor([True, True, True, False]).expand(4000, 4)
    step = torch.zeros(4000, dtype=torch.int64)
    counts = epsilon_greedy(values, legal, epsilon=0.0, seed=seeds(4000), step=step).bincount(minlength=4)
    assert counts[0] == counts[3] == 0
    assert abs(int(counts[1]) - 2000) < 150


def test_epsilon_is_the_chance_of_any_legal_action():
    values = torch.tensor([1.0, 0.0, 9.0]).expand(9000, 3)
    legal = torch.tensor([True, True, False]).expand(9000, 3)
    step = torch.zeros(9000, dtype=torch.int64)
    counts = epsilon_greedy(values, legal, epsilon=0.4, seed=seeds(9000), step=step).bincount(minlength=3)
    assert counts[2] == 0
    assert abs(int(counts[1]) / 9000 - 0.2) < 0.02


def test_adams_memory_is_named_and_is_its_own_from_the_start():
    network = MLP(SIZES, seed=0)
    optimizer = Adam(network, lr=0.1)
    memory = optimizer.tensors()
    assert memory["layers.0.weight.exp_avg"].shape == network.layers[0].weight.shape
    network(rows(4)).sum().backward()
    optimizer.step()
    assert int(memory["step"]) == 1
    assert memory["layers.0.weight.exp_avg"].any()


def test_adam_moves_the_weights_as_torchs_own_does():
    mine, theirs = MLP(SIZES, seed=0), MLP(SIZES, seed=0)
    ours, oracle = Adam(mine, lr=0.01), torch.optim.Adam(theirs.parameters(), lr=0.01, eps=1e-5)
    for step in range(30):
        for network, optimizer in ((mine, ours), (theirs, oracle)):
            optimizer.zero_grad()
            network(rows(8, seed=step)).square().mean().backward()
            optimizer.step()
    for got, expected in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-4)


def test_the_gradient_of_each_network_is_clipped_by_itself():
    mine, theirs = (nn.ModuleDict({"steep": MLP(SIZES, seed=0), "flat": MLP(SIZES, seed=1)}) for _ in range(2))
    ours, oracle = Adam(mine, lr=0.01), torch.optim.Adam(theirs.parameters(), lr=0.01, eps=1e-5)
    for step in range(5):
        for networks, optimizer in ((mine, ours), (theirs, oracle)):
            optimizer.zero_grad()
            seen = rows(8, seed=step)
            (100 * networks["steep"](seen).mean() + 1e-3 * networks["flat"](seen).mean()).backward()
        for network in theirs.values():
            nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        ours.step(max_norm=0.5)
        oracle.step()
    for name, moment in ours.tensors().items():
        if name.endswith("exp_avg"):  # what was clipped shows here; Adam's steps hardly tell
            expected = oracle.state[theirs.get_parameter(name.removesuffix(".exp_avg"))]["exp_avg"]
            torch.testing.assert_close(moment, expected, atol=1e-7, rtol=1e-4)
    for got, expected in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-4)


def test_learning_does_not_wait_for_torchs_compiler():
    program = """
import sys
from agents.registry import make_agent
from agents.rehearsal import rehearse
from games.registry import GAMES
game = GAMES.make("tic_tac_toe")
for spec in ("ppo(hidden=(8,))", "dqn(hidden=(8,), warmup=1, batch=8)"):
    learner = make_agent(spec, game.spec)
    learner.learn(rehearse(game, learner, boards=8).trajectory)
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_no_rows_are_no_answers_in_either_precision() -> None:
    nothing = torch.zeros(0, dtype=torch.int64)
    for dtype in (torch.float32, torch.bfloat16):
        for count in (1, 2):
            policies = StackedMLP([network.state_dict() for network in networks(count)], seats=SEATS, dtype=dtype)
            assert policies(torch.zeros(0, SIZES[0] - SEATS), nothing, nothing).shape[0] == 0


def test_what_is_illegal_is_never_drawn_however_little_the_legal_ones_weigh() -> None:
    rows = 200_000
    legal = torch.zeros(rows, 7, dtype=torch.bool)
    legal[:, 3] = True
    logits = torch.full((rows, 7), 50.0).index_fill(1, torch.tensor([3]), -50.0)
    drawn = sample(logits, legal, seed=torch.arange(rows), step=torch.zeros(rows, dtype=torch.int64))
    assert drawn.eq(3).all()
