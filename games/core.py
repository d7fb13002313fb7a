"""Games: rules as pure functions over immutable, batched states. Finished boards, forfeits and truncation end here, once.

Dimensions, in every comment: B boards, P seats, A actions. Boards come first in every shape and last in memory: what is
done to a (B, P, A) tensor is then done to P * A long rows, several times as fast as to B short ones. Whatever a game
computes from such tensors is laid out like them; `boards_last` is for those that it makes.

An author writes `initial`, `transition` and `observe`; everybody else calls `reset` and `step`:

    state = game.reset(seeds)                    # seeds (B,) int64, one per board
    while not state.done.all():
        state = game.step(state, actions)        # actions (B, P) int64; -1, or an illegal action, forfeits that board
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor

from games.spec import Flavour, GameSpec
from games.svg import text_picture

__all__ = [
    "FORFEIT",
    "Flavour",
    "Game",
    "GameSpec",
    "State",
    "Wrapper",
    "anywhere",
    "boards_last",
    "constant",
    "is_far",
    "take",
]

FORFEIT = -1  # the action that gives a board up; on a tape it stands for whatever the agent did wrong


@lru_cache(maxsize=1024)
def constant(values: tuple[Any, ...], device: torch.device, *, dtype: torch.dtype = torch.int64) -> Tensor:
    """A small table of numbers, nested tuples, as a tensor that is copied to each device only once.

    The dtype is said, not guessed: to a cache (1, 1), (1.0, 1.0) and (True, True) are one key.
    """
    with torch.inference_mode(False):  # whoever is first to ask; others may want to differentiate
        return torch.tensor(values, dtype=dtype, device=device)


@dataclass(frozen=True, kw_only=True)
class State:
    """B boards at one moment; a game adds its own fields, tensors with B in front, by subclassing."""

    seed: Tensor  # (B,) int64: all of the board's chance
    step: Tensor  # (B,) int64: steps taken
    to_act: Tensor  # (B, P) bool: who must act now; all false on a finished board
    legal: Tensor  # (B, P, A) bool: false for seats that do not act
    rewards: Tensor  # (B, P) float32: paid by the last step
    returns: Tensor  # (B, P) float32: paid so far
    done: Tensor  # (B,) bool
    forfeits: Tensor  # (B, P) bool: the seats that gave the board up

    def __len__(self) -> int:
        return len(self.seed)

    def changed(self, **others: Tensor) -> Self:
        """The same state with other tensors in some fields: `dataclasses.replace`, quicker."""
        kind: Any = type(self)
        names, plain = _anatomy(kind)
        assert others.keys() <= names.keys(), f"fields that {kind.__name__} has not: {others.keys()}"
        if not plain:
            return replace(self, **others)
        made: Self = object.__new__(kind)
        made.__dict__.update(others if len(others) == len(names) else {**self._all(), **others})
        return made

    def _all(self) -> dict[str, Tensor]:
        """Every field by its name."""
        kind: Any = type(self)
        names, plain = _anatomy(kind)
        known = self.__dict__
        whole = plain and len(known) == len(names) and "_whole" not in known
        return known if whole else {name: getattr(self, name) for name in names}

    def map(self, change: Callable[[Tensor], Tensor]) -> Self:
        """The same state with every tensor changed."""
        return self.changed(**{name: change(tensor) for name, tensor in self._all().items()})

    def take(self, boards: Tensor | slice) -> Self:
        """The state of some boards only: indices, a mask or a slice. Each field is taken when it is first looked at."""
        if isinstance(boards, Tensor) and boards.dtype == torch.bool:
            boards = boards.nonzero().squeeze(1)
        taken = object.__new__(type(self))
        taken.__dict__["_whole"] = (self, boards)
        return taken

    if not TYPE_CHECKING:  # a field that nobody declared is a mistake

        def __getattr__(self, name: str) -> Tensor:
            if name.startswith("_") or "_whole" not in self.__dict__:
                raise AttributeError(f"{type(self).__name__} has no {name!r}")
            whole, boards = self.__dict__["_whole"]
            field = getattr(whole, name)
            found: Tensor = field[boards] if isinstance(boards, slice) else take(field, boards)
            self.__dict__[name] = found
            return found

    def put(self, boards: Tensor, fresh: Self) -> Self:
        """The same state with `fresh` boards in the places `boards` (N,) of others."""
        anew = fresh._all()
        replaced = {
            name: mine.index_copy(0, boards, anew[name])
            if mine.dim() == 1
            else mine.clone().index_copy_(0, boards, anew[name])  # a clone keeps the boards last in memory
            for name, mine in self._all().items()
        }
        return self.changed(**replaced)

    def to(self, device: torch.device | str) -> Self:
        return self.map(lambda tensor: tensor.to(device))

    def where(self, mask: Tensor, other: Self, *, but: Collection[str] = ()) -> Self:
        """This state on the boards of `mask` (B,), `other` elsewhere, and everywhere in the fields `but`."""
        picked = {}
        for name, mine in self._all().items():
            if name not in but and mine is not (theirs := getattr(other, name)):  # what a step left alone costs nothing
                by_board = mask if mine.dim() == 1 else mask.view(-1, *[1] * (mine.dim() - 1))
                picked[name] = torch.where(by_board, mine, theirs)
        return other.changed(**picked)


@lru_cache
def _anatomy(kind: Any) -> tuple[dict[str, None], bool]:
    """A state's fields, and whether it is them and nothing else, so that it can be made without its constructor. What else
    an instance may hold is nobody's business."""
    plain = not hasattr(kind, "__post_init__") and not any("__slots__" in vars(base) for base in kind.__mro__)
    return {field.name: None for field in fields(kind)}, plain


def is_far(device: torch.device) -> bool:
    """Whether a look at what a tensor of this device holds is dear: the process waits until all work there is done."""
    return device.type != "cpu"


def anywhere(mask: Tensor) -> bool:
    """Whether anything in it is true. To count is twice as quick as to ask `any`."""
    return bool(mask.count_nonzero())


def boards_last(tensor: Tensor) -> Tensor:
    """The same tensor (B, ...) with its boards last in memory."""
    if tensor.dim() == 2:
        return tensor.T.contiguous().T  # fewer words with torch
    return tensor.movedim(0, -1).contiguous().movedim(-1, 0)


def take(tensor: Tensor, index: Tensor) -> Tensor:
    """Some boards (N,) of a tensor (B, ...), boards last in memory."""
    if tensor.dim() == 1:
        return tensor.index_select(0, index)
    count = index.numel()
    if tensor.dim() == 2 and count < _MANY:
        return tensor.T.index_select(1, index).T
    last = tensor.movedim(0, -1)
    planes = last.flatten(0, -2)
    if count < _MANY:
        taken = planes.index_select(1, index)
    else:
        taken = planes.new_empty(len(planes), count)
        for plane, into in zip(planes, taken, strict=True):
            torch.index_select(plane, 0, index, out=into)
    return taken.view(*last.shape[:-1], count).movedim(-1, 0)


_MANY = 2048  # boards from which taking plane by plane is quicker, though it is more calls

_SETTLED = ("step", "to_act", "legal", "rewards", "returns", "done", "forfeits")  # by `Game.step`, for every board


class Game:
    """The rules. Subclasses set `spec` and write `initial`, `transition` and `observe`; all are pure functions."""

    spec: GameSpec

    @property
    def infers(self) -> bool:
        """Whether its rules may run in torch's inference mode: they differentiate nothing, and write only into what they
        have just made. It is known of our own; a user's rules run as they would anywhere."""
        return type(self).__module__.startswith("games.")

    def initial(self, seeds: Tensor) -> State:
        """The first state of B boards; start from `self.opening(seeds)`."""
        raise NotImplementedError

    def transition(self, state: Any, actions: Tensor) -> State:
        """The next state, by `dataclasses.replace`: own fields, `to_act`, `legal`, `rewards` and `done`.

        `actions` (B, P) are legal for seats that act, and 0 for others. On boards that are already finished or forfeit
        they are 0 as well and the outcome is thrown away, so it may be nonsense but must not raise. `step`, `returns`,
        truncation, and the clearing of `to_act` on finished boards and of `legal` where a seat does not act are done by
        `step`; so `legal` may be (B, 1, A) here, for whoever acts.
        """
        raise NotImplementedError

    def observe(self, state: Any, seat: Tensor) -> Tensor:
        """What seat `seat[b]` sees on board b: (B, *spec.observation) float32, in memory of its own."""
        raise NotImplementedError

    def render(self, state: Any, board: int = 0) -> str:
        """One board as a few lines of text."""
        raise NotImplementedError

    def render_svg(self, state: Any, board: int = 0) -> str:
        """One board as an SVG picture; unless a game draws its own, the lines of `render`."""
        return text_picture(self.render(state, board), title=self.spec.name)

    def notation(self, action: int) -> str:
        """An action as a player would write it."""
        return str(action)

    def say(self, state: Any, board: int, seat: int, action: int) -> str:
        """The same where it may hang on the position in which `seat` takes it: by default its `notation`."""
        return self.notation(action)

    def pgn(self, state: Any, moves: Sequence[str]) -> tuple[Mapping[str, str], Sequence[str]]:
        """What portable game notation has of a match: tags beside the usual ones, and the moves as its readers know them.

        `state` is the first one, of one board, and `moves` are what `say` said of each.
        """
        return {}, moves

    def global_state(self, state: Any) -> Tensor:
        """Everything there is to know, for centralised training: by default what all seats see, (B, G) float32."""
        views = [self.observe(state, torch.full_like(state.seed, seat)) for seat in range(self.spec.seats)]
        return torch.cat([view.flatten(1) for view in views], dim=1)

    def forfeit_returns(self, state: Any, offenders: Tensor) -> Tensor:
        """The returns (B, P) of boards that `offenders` (B, P) gave up.

        The offenders' teams get the lowest return. The others get the highest in a competitive game, and keep what
        they have in a mixed one.
        """
        low, high = self.spec.return_range
        teams = constant(self.spec.team_of, offenders.device)
        guilty = (offenders[:, None, :] & (teams[:, None] == teams[None, :])).any(2)  # (B, P): an offender on my team
        others = state.returns if self.spec.flavour == "mixed" else torch.full_like(state.returns, high)
        return torch.where(guilty, low, others)

    def opening(self, seeds: Tensor) -> dict[str, Tensor]:
        """The bookkeeping fields of a first state: nothing paid, seat 0 (or, simultaneous, everyone) to act freely."""
        boards, seats, device = len(seeds), self.spec.seats, seeds.device
        to_act = torch.zeros(seats, boards, dtype=torch.bool, device=device).T
        to_act[:, slice(None) if self.spec.simultaneous else 0] = True
        nothing = torch.zeros(seats, boards, device=device).T
        return {
            "seed": seeds,
            "step": torch.zeros_like(seeds),
            "to_act": to_act,
            "legal": boards_last(to_act[:, :, None].expand(-1, -1, self.spec.actions)),
            "rewards": nothing,
            "returns": nothing,
            "done": torch.zeros(boards, dtype=torch.bool, device=device),
            "forfeits": torch.zeros_like(to_act),
        }

    def reset(self, seeds: Tensor) -> State:
        """B fresh boards, one for each seed (B,) int64."""
        return self.initial(seeds)

    def openings(self) -> tuple[State, Tensor]:
        """Every first state there is (or one for all that play alike) and its chance (B,) float64, for exact solutions.

        A game that deals by chance overrides it. See `games.tree`, which needs chance to fall nowhere else.
        """
        return self.reset(torch.zeros(1, dtype=torch.int64)), torch.ones(1, dtype=torch.float64)

    def step(self, state: Any, actions: Tensor) -> State:
        """One transition of every unfinished board by `actions` (B, P) int64.

        Where a seat that must act answers -1 or illegally, that board alone ends as a forfeit. Entries of seats that do
        not act are ignored. Finished boards stay as they are, with zero rewards.
        """
        actions = boards_last(actions)
        clean = actions.clamp(0, self.spec.actions - 1)
        chosen = state.legal.movedim(0, -1).gather(1, clean.T.unsqueeze(1)).squeeze(1).T  # (B, P): what legal says of it
        offenders = state.to_act > (chosen & (clean == actions))  # they must act, and may not so
        forfeit = reduce(or_, offenders.unbind(1))
        stopped = forfeit | state.done
        far = is_far(stopped.device)
        irregular = far or anywhere(stopped)
        acting = state.to_act > stopped.unsqueeze(1) if irregular else state.to_act
        after = self.transition(state, clean.mul_(acting))
        step = state.step + 1
        rewards, done, forfeits = after.rewards, after.done | (step >= self.spec.max_steps), state.forfeits
        if irregular:  # what a transition made of boards that had stopped is thrown away
            after = state.where(stopped, after, but=_SETTLED)
            rewards = torch.where(stopped.unsqueeze(1), 0.0, rewards)
            step, done = torch.where(state.done, state.step, step), done | stopped
        returns = state.returns + rewards
        if irregular and (far or anywhere(forfeit)):
            ruled = self.forfeit_returns(state, offenders)
            returns = torch.where(forfeit[:, None], ruled, returns)
            rewards = torch.where(forfeit[:, None], returns - state.returns, rewards)
            forfeits = forfeits | offenders
        to_act = after.to_act > done.unsqueeze(1)
        return after.changed(
            step=step,
            to_act=to_act,
            legal=after.legal & to_act.unsqueeze(2),
            rewards=rewards,
            returns=returns,
            done=done,
            forfeits=forfeits,
        )


class Wrapper(Game):
    """A game around a game. Override `reset` and `step` (calling the inner ones) or the views."""

    def __init__(self, game: Game) -> None:
        self.game, self.spec = game, game.spec

    @property
    def infers(self) -> bool:
        return super().infers and self.game.infers

    def reset(self, seeds: Tensor) -> State:
        return self.game.reset(seeds)

    def step(self, state: Any, actions: Tensor) -> State:
        return self.game.step(state, actions)

    def observe(self, state: Any, seat: Tensor) -> Tensor:
        return self.game.observe(state, seat)

    def global_state(self, state: Any) -> Tensor:
        return self.game.global_state(state)

    def render(self, state: Any, board: int = 0) -> str:
        return self.game.render(state, board)

    def render_svg(self, state: Any, board: int = 0) -> str:
        return self.game.render_svg(state, board)

    def notation(self, action: int) -> str:
        return self.game.notation(action)

    def say(self, state: Any, board: int, seat: int, action: int) -> str:
        return self.game.say(state, board, seat, action)

    def pgn(self, state: Any, moves: Sequence[str]) -> tuple[Mapping[str, str], Sequence[str]]:
        return self.game.pgn(state, moves)

    def forfeit_returns(self, state: Any, offenders: Tensor) -> Tensor:
        return self.game.forfeit_returns(state, offenders)
