"""The rules' frame: forfeits, finished boards, truncation and states that never change, on a game of two lines."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, fields, replace
from functools import cached_property
from xml.etree import ElementTree

import pytest
import torch
from torch import Tensor

from games.chance import bits
from games.checks import check_game
from games.connect_four import ConnectFour
from games.core import FORFEIT, Game, GameSpec, State, Wrapper, constant


class Sum(Game):
    """Both seats name a number at each step; each is paid its own. Whoever says 3 ends the game."""

    def __init__(self, flavour: str = "mixed", seats: int = 2, teams: tuple[int, ...] = ()) -> None:
        self.spec = GameSpec("sum", 1, flavour, seats, 4, (1,), 3, (-1.0, 9.0), teams, simultaneous=True)  # type: ignore[arg-type]

    def initial(self, seeds: Tensor) -> State:
        return State(**self.opening(seeds))

    def transition(self, state: State, actions: Tensor) -> State:
        return replace(state, rewards=actions.float(), done=(actions == 3).any(1))

    def observe(self, state: State, seat: Tensor) -> Tensor:
        return state.step[:, None].float()

    def render(self, state: State, board: int = 0) -> str:
        return f"step <{int(state.step[board])}>"


def play(*actions: list[list[int]], game: Game | None = None) -> State:
    game = game or Sum()
    state = game.reset(torch.arange(len(actions[0])))
    for step in actions:
        state = game.step(state, torch.tensor(step))
    return state


def test_the_frame_keeps_its_own_contract():
    check_game(Sum())


def test_returns_add_up():
    state = play([[1, 2]], [[2, 0]])
    assert state.rewards.tolist() == [[2.0, 0.0]]
    assert state.returns.tolist() == [[3.0, 2.0]]


def test_a_board_is_truncated_at_max_steps():
    assert not play([[0, 0]], [[0, 0]]).done.any()
    assert play([[0, 0]], [[0, 0]], [[0, 0]]).done.all()


def test_a_finished_board_stays_while_its_neighbour_plays_on():
    state = play([[3, 1], [1, 1]], [[2, 2], [2, 2]])
    assert state.done.tolist() == [True, False]
    assert state.step.tolist() == [1, 2]
    assert state.returns.tolist() == [[3.0, 1.0], [3.0, 3.0]]
    assert state.rewards.tolist() == [[0.0, 0.0], [2.0, 2.0]]
    assert state.to_act.tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize("fault", [FORFEIT, 4, -7, 2**40])
def test_a_fault_forfeits_its_own_board_only(fault: int):
    state = play([[1, 1], [1, 1]], [[fault, 2], [2, 2]])
    assert state.done.tolist() == [True, False]
    assert state.forfeits.tolist() == [[True, False], [False, False]]
    assert state.returns.tolist() == [[-1.0, 1.0], [3.0, 3.0]]


def test_a_fault_on_a_finished_board_is_no_fault():
    assert not play([[3, 3]], [[-1, -1]]).forfeits.any()


@pytest.mark.parametrize(
    ("game", "returns"),
    [
        (Sum("competitive"), [-1.0, 9.0]),
        (Sum("cooperative"), [-1.0, -1.0]),
        (Sum("mixed"), [-1.0, 2.0]),
        (Sum("competitive", seats=4, teams=(0, 1, 0, 1)), [-1.0, 9.0, -1.0, 9.0]),
        (Sum("mixed", seats=4, teams=(0, 1, 0, 1)), [-1.0, 2.0, -1.0, 2.0]),
    ],
)
def test_the_teams_of_offenders_lose(game: Game, returns: list[float]):
    seats = game.spec.seats
    assert play([[2] * seats], [[-1] + [0] * (seats - 1)], game=game).returns.tolist() == [returns]


def test_a_state_is_frozen():
    state = play([[0, 0]])
    with pytest.raises(FrozenInstanceError):
        state.done = state.done  # type: ignore[misc]


def test_states_are_cut_and_mixed_board_by_board():
    early, late = play([[1, 1], [2, 2]]), play([[1, 1], [2, 2]], [[1, 1], [1, 1]])
    assert late.take(torch.tensor([1])).returns.tolist() == [[3.0, 3.0]]
    mixed = early.where(torch.tensor([True, False]), late)
    assert mixed.returns.tolist() == [[1.0, 1.0], [3.0, 3.0]]
    assert len(mixed.to("cpu")) == 2


def test_a_wrapper_plays_the_same_game():
    bare, wrapped = play([[1, 2]], [[-1, 0]]), play([[1, 2]], [[-1, 0]], game=Wrapper(Sum()))
    assert torch.equal(bare.returns, wrapped.returns)


def test_a_game_without_a_picture_of_its_own_shows_its_text():
    picture = Sum().render_svg(play([[1, 2]]))
    assert "step &lt;1&gt;" in picture
    assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_a_constant_is_made_once_for_each_device():
    cpu = torch.device("cpu")
    assert constant((1, 2), cpu) is constant((1, 2), cpu)


def test_constants_of_equal_numbers_keep_their_own_dtypes():
    cpu = torch.device("cpu")
    dtypes = (torch.int64, torch.float32, torch.bool)
    assert tuple(constant((1, 1), cpu, dtype=dtype).dtype for dtype in dtypes) == dtypes


@pytest.mark.parametrize("boards", [50, 5000], ids=["all planes at once", "plane by plane"])
def test_boards_are_taken_as_by_plain_indexing(boards: int):
    state = random_middle(ConnectFour(), boards)
    some = torch.randperm(boards, generator=torch.Generator().manual_seed(1))[: boards * 3 // 5]
    taken = state.take(some)
    for field in fields(state):
        assert torch.equal(getattr(taken, field.name), getattr(state, field.name)[some]), field.name


def test_fresh_boards_take_the_places_of_others_and_nothing_else_changes():
    game = ConnectFour()
    state, fresh = random_middle(game, 20), game.reset(torch.tensor([100, 101]))
    after = state.put(torch.tensor([3, 17]), fresh)
    others = [place for place in range(20) if place not in (3, 17)]
    for field in fields(state):
        before, now, new = (getattr(one, field.name) for one in (state, after, fresh))
        assert torch.equal(now[[3, 17]], new), field.name
        assert torch.equal(now[others], before[others]), field.name
    assert not torch.equal(state.seed, after.seed)  # the first state is as it was


def random_middle(game: Game, boards: int) -> State:
    """Boards after fifteen random moves: some columns are full, some matches over, so that no two boards need be alike."""
    state = game.reset(torch.arange(boards))
    for step in range(15):
        column = bits(state.seed, step) % 7
        state = game.step(state, column[:, None].expand(-1, 2))
    return state


def test_what_a_state_has_counted_up_is_not_believed_of_the_next():
    @dataclass(frozen=True, kw_only=True)
    class Counted(State):
        @cached_property
        def least(self) -> int:
            return int(self.seed.min())

    first = Counted(**Sum().opening(torch.tensor([7, 8])))
    assert first.least == 7
    assert first.changed(seed=torch.tensor([5, 6])).least == 5
    assert first.take(torch.tensor([1])).changed(step=torch.tensor([3])).least == 8
