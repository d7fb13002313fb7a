"""Tapes: what is played on many boards at once comes back board by board, at the width that the actions need."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.tape import TapePlayer, TapeRecorder, action_type
from games.spec import GameSpec


def game(actions: int, *, seats: int = 2) -> GameSpec:
    return GameSpec("tape", 1, "competitive", seats, actions, (1,), 10, (-1.0, 1.0))


@pytest.mark.parametrize(
    ("actions", "size"), [(1, 1), (127, 1), (128, 1), (129, 2), (32_767, 2), (32_768, 2), (32_769, 4), (10**9, 4)]
)
def test_an_action_takes_as_many_bytes_as_the_largest_needs(actions: int, size: int) -> None:
    assert action_type(game(actions)).itemsize == size


@given(actions=st.sampled_from([2, 127, 128, 129, 32_767, 32_768, 32_769]), seats=st.integers(1, 4), data=st.data())
@settings(max_examples=80, deadline=None)
def test_what_was_played_is_what_is_read(actions: int, seats: int, data: st.DataObject) -> None:
    """Boards of different lengths, on which any seats act at any time, nobody too."""
    spec, boards = game(actions, seats=seats), data.draw(st.integers(1, 5))
    lengths = data.draw(st.lists(st.integers(0, 5), min_size=boards, max_size=boards))
    action = st.one_of(st.just(-1), st.just(actions - 1), st.integers(0, actions - 1))
    ticks = []
    for tick in range(max(lengths)):
        acting = [[tick < length and data.draw(st.booleans()) for _ in range(seats)] for length in lengths]
        ticks.append((torch.tensor(acting), torch.tensor([[data.draw(action) for _ in range(seats)] for _ in lengths])))
    recorder = TapeRecorder(spec, boards)
    for to_act, played in ticks:
        recorder.add(to_act.nonzero()[:, 0], played[to_act])
    tapes = recorder.tapes()
    acted = sum(to_act.sum(1) for to_act, _ in ticks) if ticks else torch.zeros(boards)
    assert [len(tape) for tape in tapes] == [int(count) * action_type(spec).itemsize for count in acted]
    player = TapePlayer(spec, tapes)
    for to_act, played in ticks:
        assert torch.equal(player.next(to_act), torch.where(to_act, played, -1))
    assert player.exact().all()


@given(boards=st.integers(1, 6), seats=st.integers(1, 3), ticks=st.integers(1, 5), data=st.data())
@settings(max_examples=60, deadline=None)
def test_boards_that_all_play_on_are_cut_as_any_others(boards: int, seats: int, ticks: int, data: st.DataObject) -> None:
    """The same rows in every tick, boards in any order: sorted as one tick, or, told in copies, as all of them."""
    order = torch.tensor(data.draw(st.permutations(range(boards)))).repeat_interleave(seats)
    played = torch.tensor(data.draw(st.lists(st.integers(0, 8), min_size=ticks * len(order), max_size=ticks * len(order))))
    one, other = TapeRecorder(game(9, seats=seats), boards), TapeRecorder(game(9, seats=seats), boards)
    for actions in played.view(ticks, -1):
        one.add(order, actions)
        other.add(order.clone(), actions)
    assert one.tapes() == other.tapes()
    assert len(one.tapes()[0]) == ticks * seats


def test_only_seats_that_act_are_on_the_tape_in_order_of_seat() -> None:
    recorder = TapeRecorder(game(9), 2)
    recorder.add(torch.tensor([0, 0, 1]), torch.tensor([3, 4, 5]))
    recorder.add(torch.tensor([1]), torch.tensor([6]))
    assert recorder.tapes() == [bytes([3, 4]), bytes([5, 6])]


def test_a_tape_that_has_run_out_gives_up() -> None:
    player = TapePlayer(game(9), [bytes([3]), bytes([1, 2, 3])])
    both = torch.ones(2, 2, dtype=torch.bool)
    assert player.next(both).tolist() == [[3, -1], [1, 2]]
    assert player.exact().tolist() == [False, False]
    assert player.next(both).tolist() == [[-1, -1], [3, -1]]
    assert player.next(both).tolist() == [[-1, -1], [-1, -1]]


def test_a_torn_tape_is_never_exact() -> None:
    player = TapePlayer(game(500), [bytes([3, 0, 7])])
    assert player.next(torch.tensor([[True, False]])).tolist() == [[3, -1]]
    assert not player.exact()


def test_no_boards_no_tapes() -> None:
    assert TapeRecorder(game(9), 0).tapes() == []
    assert TapeRecorder(game(9), 2).tapes() == [b"", b""]
