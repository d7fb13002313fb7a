"""Agents see rows and answer one action per row. They never see the state, the opponent's object or the league.

Dimensions: R rows (one row = one seat of one board that must act now), A actions, K checkpoints stacked in one agent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self, TypeVar

import torch
from torch import Tensor

from agents.errors import Untold
from games.core import GameSpec

if TYPE_CHECKING:
    from agents.trajectory import Trajectory

Weights = Mapping[str, Tensor]  # names to tensors: all that is ever stored of a network


@dataclass(frozen=True)
class Observation:
    """What an agent may know of R rows. Rows come in any order and number; `row` says which is which."""

    features: Tensor  # (R, *game.observation) float32
    legal: Tensor  # (R, A) bool
    seat: Tensor  # (R,) int64: which seat the row plays
    step: Tensor  # (R,) int64: steps its board has taken
    seed: Tensor  # (R,) int64: the row's private randomness for this match; use games.chance with `step`
    row: Tensor  # (R,) int64: the row's place in the agent's memory, the same through the whole match: board * P + seat
    member: Tensor  # (R,) int64: which of the agent's K stacked checkpoints answers; 0 where there is one

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: Tensor | slice) -> Self:
        """Some of the rows only: indices, a mask or a slice."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def clone(self) -> Observation:
        """The same in memory of its own."""
        return Observation(**{field.name: getattr(self, field.name).clone() for field in fields(self)})


def stretches(values: Tensor) -> list[tuple[int, int]]:
    """Stretches of equal values (R,): which value, and how many rows."""
    found, counts = torch.unique_consecutive(values, return_counts=True)
    return list(zip(found.tolist(), counts.tolist(), strict=True))


class Agent:
    """Something that acts. Subclass, keep `game`, and write `act`; `reset` only if there is memory."""

    remark = ""  # what whoever registers it for its game should know, in a line
    jail: str | None = None  # of one that is a program: what keeps it in (see `agents.program.jail`)
    must_repeat = True  # whether `agents.checks` wants the same answers again; somebody else's engine may draw its own lots

    def __init__(self, game: GameSpec) -> None:
        self.game = game

    def begin_chunk(self) -> None:
        """Optional: a batch of matches begins, and its outcome is not to depend on what was before."""

    def reset(self, rows: Tensor, seeds: Tensor) -> None:
        """The rows `rows` (R,) begin a new match with private seeds (R,). Memory of other rows must survive."""

    def act(self, observation: Observation) -> Tensor:
        """One legal action for each row: (R,) int64.

        A row may be asked again at the same `step`, since a batch that fails is asked again row by row. It must get the
        same answer, and its memory must not move twice. Only team-mates that talk may hear each other: rows of one board,
        one team and one member. So take chance from the row, as in
        `games.chance.uniform(observation.seed, observation.step)`, and not from `random` or torch's own generator.
        """
        raise NotImplementedError

    @property
    def reads_only(self) -> bool:
        """Whether its `act` is marked as `only_reads`. A user's class must have marked its own: what it inherits may call
        what it overrides."""
        kind = type(self)
        return hasattr(self.act, "only_reads") and ("act" in vars(kind) or kind.__module__.startswith("agents."))

    def probabilities(self, observation: Observation) -> Tensor:
        """Optional: how likely `act` is to take each action, (R, A), if a row's seed is not known. For exact analysis.

        It must depend on what a row sees and on nothing else: no memory, no seed. Raises `Untold` where the agent does
        not tell.
        """
        raise Untold(
            f"{type(self).__name__} does not tell the probabilities of its actions, so it cannot be judged exactly",
            hint="an agent that plays by what it sees alone can: see `probabilities` in agents/core.py",
        )

    def over(self, rows: Tensor, returns: Tensor) -> None:
        """Optional: the matches of these rows (R,) are over, and this is what every seat earned (R, P)."""

    def to(self, device: torch.device | str) -> Self:
        """Moves what the agent holds to a device; an agent without tensors has nothing to move."""
        return self

    def close(self) -> None:
        """Lets go of whatever the agent holds outside this process."""

    def stacker(self) -> Stacker | None:
        """What makes one agent of K that differ only in numbers; `Observation.member` then says who of them is asked.

        Agents that answer the same callable are stacked, and never asked or reset by themselves. None: it stands alone.
        """
        return None


Stacker = Callable[[Sequence[Any]], Agent]
Act = TypeVar("Act", bound=Callable[[Any, Observation], Tensor])


def only_reads(act: Act) -> Act:
    """Marks an `act` that changes nothing of what it is shown, keeps nothing of it and needs no gradients. It needs no
    copies, and may be asked in torch's inference mode, where small operations cost a fifth less."""
    act.only_reads = True  # type: ignore[attr-defined]
    return act


class FunctionAgent(Agent):
    """A user's plain function of an observation, as an agent without memory."""

    def __init__(self, game: GameSpec, function: Callable[[Observation], Tensor]) -> None:
        super().__init__(game)
        self.act = function  # type: ignore[method-assign, assignment]


class Policy(Agent):
    """An agent that plays by weights, which may have been learned anywhere. Its `frozen` agents play the rated matches."""

    def policy(self) -> dict[str, Tensor]:
        """What a checkpoint freezes: the weights that acting needs, copied."""
        raise NotImplementedError

    def load_policy(self, policy: Weights) -> None:
        """Starts from a policy that `policy` gave, with everything else as new. Raises `BadWeights`."""
        raise NotImplementedError

    def frozen(self, policies: Sequence[Weights]) -> Agent:
        """K frozen policies of this architecture as one agent; `Observation.member` says which of them answers a row.

        Raises `agents.errors.BadWeights` where names, shapes or dtypes are not what this learner's `policy` gives.
        """
        raise NotImplementedError


class Learner(Policy):
    """An agent that learns. `act` explores, as it does in training; `frozen` agents play the rated matches.

    All randomness comes from `seed` and counters, so that `state()` is all there is: a learner that is saved and loaded
    between two calls of `learn` goes on bit for bit as if it had not been.
    """

    centralised = False  # whether `learn` wants the game's global state as well (Lowe et al. 2017); `act` never gets it
    whole_team = False  # whether it learns only as a whole team, so that in cooperative games it trains from all seats

    def __init__(self, game: GameSpec, *, seed: int = 0) -> None:
        super().__init__(game)
        self.seed = seed

    def learn(self, trajectory: Trajectory) -> dict[str, float]:
        """Learns from one batch of finished matches; answers named metrics.

        The trajectory holds the N decisions that the learner took in them, by match, step and seat: `features`, `legal`,
        `action`, `match`, `seat`, `step` (N, ...), what every seat had `earned` by then (N, P), and what every seat had at
        the end, `returns` (M, P). `trajectory.following()` is each decision's next one, `trajectory.paid(following)` what
        was paid in between. See `agents/trajectory.py`.
        """
        raise NotImplementedError

    def state(self) -> dict[str, Tensor]:
        """Everything, to go on later: weights, optimizer, buffers and counters, as named tensors."""
        raise NotImplementedError

    def load_state(self, state: Weights) -> None:
        """Takes back what `state` gave. Raises `agents.errors.BadWeights` where it does not fit."""
        raise NotImplementedError
