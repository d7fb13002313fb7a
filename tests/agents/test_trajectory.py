"""What follows what, what was paid between, and the ring that remembers it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.buffer import TransitionBuffer
from agents.errors import BadWeights
from agents.trajectory import Trajectory
from agents.weights import pack, unpack
from games.spec import GameSpec

GAME = GameSpec("line", 1, "competitive", 2, 3, (1,), 99, (-1.0, 1.0))


def told(matches: list[str], *, tag: int = 0) -> Trajectory:
    """Matches as the seats that decided, '0101'. Every step pays seat 0 the number of the step, seat 1 its negative.

    A feature is the decision's place in the trajectory plus `tag`, and so is its action (modulo 3).
    """
    seats = [int(seat) for match in matches for seat in match]
    steps = [step for match in matches for step in range(len(match))]
    paid = torch.tensor([step * (step + 1) / 2 for step in steps])  # 0 + 1 + ... before this step's own pay
    ends = torch.tensor([len(match) * (len(match) + 1) / 2 for match in matches])
    place = torch.arange(len(seats)) + tag
    return Trajectory(
        features=place[:, None].float(),
        legal=torch.ones(len(seats), 3, dtype=torch.bool),
        action=place % 3,
        match=torch.tensor([number for number, match in enumerate(matches) for _ in match]),
        seat=torch.tensor(seats),
        step=torch.tensor(steps),
        earned=torch.stack([paid, -paid], dim=1),
        returns=torch.stack([ends, -ends], dim=1),
    )


def test_each_seat_follows_itself():
    assert told(["0101", "10"]).following().tolist() == [2, 3, -1, -1, -1, -1]


def test_by_match_the_seats_follow_each_other():
    assert told(["0101", "10"]).following(by_match=True).tolist() == [1, 2, 3, -1, 5, -1]


def test_pay_runs_until_the_next_own_decision_or_the_end():
    seen = told(["0101"])
    assert seen.paid(seen.following())[:, 0].tolist() == [1 + 2, 2 + 3, 3 + 4, 4]
    assert seen.paid(seen.following(by_match=True))[:, 1].tolist() == [-1, -2, -3, -4]


def everything(buffer: TransitionBuffer, count: int = 400):
    return buffer.sample(count, generator=torch.Generator().manual_seed(0))


def test_a_transition_leads_to_the_seats_next_decision():
    buffer = TransitionBuffer(GAME, capacity=100)
    buffer.add(told(["0101", "10"]))
    drawn = everything(buffer)
    first = drawn.features[:, 0] == 0
    assert first.any()
    assert (drawn.next_features[first] == 2).all()
    assert (drawn.reward[first] == 3).all()
    assert not drawn.last[first].any()
    ended = drawn.features[:, 0] >= 2
    assert drawn.last[ended].all()
    assert (drawn.reward[drawn.features[:, 0] == 3] == -4).all()


@settings(max_examples=40, deadline=None)
@given(
    capacity=st.integers(1, 12),
    batches=st.lists(st.lists(st.text("01", min_size=1, max_size=6), min_size=1, max_size=4), min_size=1, max_size=4),
)
def test_the_ring_keeps_the_newest_and_always_what_they_led_to(capacity, batches):
    buffer, tag, led = TransitionBuffer(GAME, capacity=capacity), 0, {}
    for matches in batches:
        seen = told(matches, tag=tag)
        led |= {tag + here: tag + after for here, after in enumerate(seen.following().tolist()) if after >= 0}
        buffer.add(seen)
        tag += len(seen)
    assert len(buffer) == min(tag, capacity)
    drawn = everything(buffer)
    assert set(drawn.features[:, 0].int().tolist()) <= set(range(tag - len(buffer), tag))
    for here, after, last in zip(
        drawn.features[:, 0].int().tolist(), drawn.next_features[:, 0].int().tolist(), drawn.last, strict=True
    ):
        assert bool(last) == (here not in led)
        assert last or after == led[here]
    assert torch.equal(drawn.action, drawn.features[:, 0].long() % 3)


def test_a_saved_buffer_goes_on_as_if_nothing_had_been():
    first, second = (TransitionBuffer(GAME, capacity=7) for _ in range(2))
    first.add(told(["0101", "10"]))
    second.load_state(unpack(pack(first.state())))
    for buffer in (first, second):
        buffer.add(told(["010"], tag=6))
    one, other = everything(first), everything(second)
    assert torch.equal(one.features, other.features)
    assert torch.equal(one.reward, other.reward)
    assert torch.equal(one.last, other.last)


def test_only_the_filled_part_is_saved_and_small_numbers_as_bytes():
    buffer = TransitionBuffer(GAME, capacity=1000)
    buffer.add(told(["01"]))
    state = buffer.state()
    assert state["features"].shape == (2, 1)
    assert state["features"].dtype == torch.int8
    buffer.add(told(["01"], tag=1000))
    assert buffer.state()["features"].dtype == torch.float32


def test_another_games_buffer_is_refused():
    other = GameSpec("wide", 1, "competitive", 2, 3, (4,), 99, (-1.0, 1.0))
    buffer = TransitionBuffer(GAME, capacity=9)
    buffer.add(told(["01"]))
    with pytest.raises(BadWeights, match="another shape"):
        TransitionBuffer(other, capacity=9).load_state(buffer.state())
    with pytest.raises(BadWeights, match="lack tensor"):
        TransitionBuffer(GAME, capacity=9).load_state({})
