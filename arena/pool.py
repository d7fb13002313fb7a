"""Who may be met, and whom a learner trains against: the pool, and what a mix is.

A mix is a pure function from candidates to a distribution, written out as draws that explain themselves:

    mix = MIXES.make("mixture(latest=0.8)")
    candidates = [Candidate(one, tally.win_rate(one, predicted[one])) for one in pool.checkpoints]
    choices = mix(candidates)
    for number in draw(choices, 64, rng):
        choices[number]     # Draw(opponent=None, branch='latest', probability=0.8)

The opponent None is the *living self*: the learner holds all seats, and its weights do not change while a batch is played.
Every other opponent is a frozen checkpoint of the pool as it stood when the round began: the learner's own snapshots,
those of other learners, and bots. The mixes themselves are in `arena.mixes`, those of roles in `arena.roles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Protocol, Self

from arena.analysis.payoff import Pair, Payoff
from arena.match import Checkpoint, Entrant
from arena.ratings.model import Rating
from games.errors import ArenaError, BadSpec, UnknownName
from games.foreign import Raised, foreign
from games.registry import Registry, Spec

SHRINK = 10.0  # how many games the ratings' prediction is worth


@dataclass(frozen=True)
class Member:
    """A checkpoint that may be met, with what is believed of it."""

    checkpoint: Checkpoint
    role: str  # as in `Entrant`
    learns: bool
    rating: Rating


@dataclass(frozen=True)
class Pool:
    """The checkpoints that may be met, oldest first."""

    members: tuple[Member, ...] = ()

    @classmethod
    def gather(
        cls,
        checkpoints: Iterable[Checkpoint],
        *,
        entrants: Iterable[Entrant],
        ratings: Mapping[Checkpoint, Rating],
        prior: Rating,
    ) -> Self:
        """A pool of checkpoints, oldest first. An unrated one is believed to be what it descends from, or the prior."""
        by_name = {entrant.name: entrant for entrant in entrants}
        believed: dict[str, Rating] = {}  # by 'alice@3', and by 'alice' for the newest so far
        members = []
        for checkpoint in checkpoints:
            entrant = by_name[checkpoint.agent]
            descent = believed.get(checkpoint.agent) or believed.get(entrant.parent or "") or prior
            rating = believed[str(checkpoint)] = believed[checkpoint.agent] = ratings.get(checkpoint, descent)
            members.append(Member(checkpoint, entrant.role, entrant.learns, rating))
        return cls(tuple(members))

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """All of them, oldest first."""
        return tuple(member.checkpoint for member in self.members)

    @property
    def learners(self) -> tuple[str, ...]:
        """The names of the agents that learn, in the order they came."""
        return tuple(dict.fromkeys(member.checkpoint.agent for member in self.members if member.learns))

    def of(self, agent: str) -> tuple[Member, ...]:
        """An agent's checkpoints, oldest first; none where the pool does not know it."""
        return tuple(member for member in self.members if member.checkpoint.agent == agent)

    def newest(self, agent: str) -> Member:
        """An agent's newest checkpoint. Raises `UnknownName`."""
        if not (own := self.of(agent)):
            known = ", ".join(dict.fromkeys(member.checkpoint.agent for member in self.members)) or "nobody"
            raise UnknownName(f"no checkpoint of {agent!r} is in the pool", hint=f"in the pool: {known}")
        return own[-1]

    def win_rates(
        self, known: Mapping[Pair, Payoff], expected: Callable[[Rating, Rating], float], *, k: float = SHRINK
    ) -> list[tuple[float, ...]]:
        """(K, K): the win rate of each member against each, by the games they played, shrunk towards what is `expected`
        by their ratings as if k games had come out like it; with k = 0 only of those who never met."""
        rates = [[0.5] * len(self) for _ in self]
        for (row, one), (column, other) in combinations(enumerate(self), 2):
            met = known.get((one.checkpoint, other.checkpoint), Payoff())
            prediction = expected(one.rating, other.rating)
            rates[row][column] = shrunk(met.wins + met.draws / 2, met.games, prediction, k=k)
            rates[column][row] = 1 - rates[row][column]
        return [tuple(row) for row in rates]


def shrunk(points: float, games: float, prediction: float, *, k: float = SHRINK) -> float:
    """A win rate, shrunk towards a prediction as if k games had come out like it."""
    return (points + k * prediction) / (games + k) if games + k else prediction


@dataclass(frozen=True)
class Candidate:
    """A frozen checkpoint that a learner may meet, and what is known of it."""

    checkpoint: Checkpoint
    win_rate: float  # the learner's against it, draws half
    role: str = "main"  # as in `Entrant`
    learns: bool = False
    own: bool = False  # a snapshot of the learner itself
    quality: float = 0.0  # see `arena.tally.Tally.record`
    payoffs: tuple[float, ...] = ()  # its win rate against every candidate, in their order; for a mix that wants it


@dataclass(frozen=True)
class Draw:
    """A possible opponent, and why: the branch of the mix that chose it, and how probable that was."""

    opponent: Checkpoint | None  # None: the living self
    branch: str
    probability: float


Mix = Callable[[Sequence[Candidate]], list[Draw]]  # candidates oldest first; the probabilities sum to 1


class Mixes(Registry):
    """Names to mixes. A mix is tried when it is made, and held to what a mix must answer whenever it is asked."""

    def make(self, text: str | Spec, *given: Any, **extra: Any) -> AskedMix:
        """The mix that a spec says. Raises what `Registry.make` raises, and `BadSpec` where it is none."""
        mix = AskedMix(super().make(text, *given, **extra), str(text))
        mix([Candidate(Checkpoint.make(name, 1, spec=name), 0.5) for name in ("somebody", "another")])
        return mix


MIXES = Mixes(
    "opponent mix",
    {
        **{name: f"arena.mixes:{name}" for name in ("latest", "uniform", "delta_uniform", "pfsp", "quality")},
        **{"mixture": "arena.mixes:Mixture", "nash": "arena.mixes:Nash", "alphastar": "arena.roles:alphastar"},
    },
    group="arena.mixes",
)


class AskedMix:
    """A mix that may be a user's own, and answer anything: what it answers is looked through."""

    def __init__(self, mix: Mix, text: str) -> None:
        self.mix, self.text = mix, text
        self.wants_payoffs = bool(getattr(mix, "wants_payoffs", False))  # whether it reads `Candidate.payoffs`

    def __call__(self, candidates: Sequence[Candidate]) -> list[Draw]:
        with plugged("opponent mix", self.text):
            if not callable(self.mix):
                raise TypeError(f"expected a function from candidates to draws, got a {type(self.mix).__name__}")
            choices = list(self.mix(candidates))
            known = {None, *(one.checkpoint for one in candidates)}
            for choice in choices:
                if not isinstance(choice, Draw) or not isinstance(choice.branch, str):
                    raise TypeError(f"expected draws, each with a branch in words, got {choice!r}")
                if choice.opponent not in known:
                    raise ValueError(f"expected opponents out of the candidates, got {choice.opponent}")
                if not choice.probability >= 0:
                    raise ValueError(f"expected probabilities from 0 to 1, got {choice.probability!r}")
            if not abs((total := sum(choice.probability for choice in choices)) - 1) < 1e-6:
                raise ValueError(f"expected probabilities that sum to 1, got {total:g}")
        return choices


@contextmanager
def plugged(kind: str, text: str) -> Iterator[None]:
    """Whatever a plug-in raises becomes a `BadSpec` that names it."""
    try:
        with foreign(ArenaError):
            yield
    except Raised as raised:
        raise BadSpec(
            f"the {kind} {text!r} does not work: {raised}",
            hint="mend it, or choose another; a season that it interrupted goes on with: arena season resume",
        ) from raised.__cause__


class HasRandom(Protocol):
    """A seeded generator: `random.Random(seed)` or `numpy.random.default_rng(seed)`."""

    def random(self) -> float:
        """A number in [0, 1)."""


def draw(choices: Sequence[Draw], count: int, rng: HasRandom) -> list[int]:
    """Which of a mix's choices each of `count` matches is for: their numbers, those of one choice together.

    By systematic sampling: each comes up its probability times `count`, rounded up or down at random. Unbiased, with the
    least variance.
    """
    offset, reached, drawn = rng.random(), 0.0, [0]
    for choice in choices:
        reached += choice.probability * count
        here = max(drawn[-1], min(count, int(reached - offset))) if choice.probability > 0 else drawn[-1]
        while choice.probability > 0 and here + offset < reached and here < count:
            here += 1
        drawn.append(here)
    times = [here - before for before, here in pairwise(drawn)]
    for last in [place for place, choice in enumerate(choices) if choice.probability > 0][-1:]:
        times[last] += count - drawn[-1]  # what rounding left over
    return [number for number, often in enumerate(times) for _ in range(often)]
