"""Who may be met, and whom a learner trains against: the pool, the tally of training games, and the opponent mixes.

A mix is a pure function from candidates to a distribution, written out as draws that explain themselves:

    mix = MIXES.make("mixture(latest=0.8)")
    candidates = [Candidate(one, tally.win_rate(one, predicted[one])) for one in pool.checkpoints]
    for choice in draw(mix, candidates, 64, rng):
        choice.opponent, choice.branch, choice.probability     # None, 'latest', 0.8

The opponent None is the *living self*: the learner holds all seats, and its weights do not change while a batch is played.
Every other opponent is a frozen checkpoint of the pool as it stood when the round began: the learner's own snapshots,
those of other learners, and bots. Papers: Bansal et al. 2018 (delta-uniform), Vinyals et al. 2019 (prioritised
fictitious self-play, "pfsp").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any, Protocol, Self

from arena.match import Checkpoint, Entrant
from arena.ratings.model import Rating
from games.arguments import number
from games.errors import ArenaError, BadSpec, UnknownName
from games.foreign import Raised, foreign
from games.registry import Registry, Spec

DECAY = 0.99  # what is left of a training game's weight after the next one against the same opponent
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


@dataclass(frozen=True)
class Count:
    """Training games against one opponent, each counting less with every later one."""

    games: float = 0.0
    wins: float = 0.0
    draws: float = 0.0

    def after(self, margin: float) -> Count:
        """With one more game, won by a positive margin, drawn by 0, lost by a negative one."""
        return Count(self.games * DECAY + 1, self.wins * DECAY + (margin > 0), self.draws * DECAY + (margin == 0))


@dataclass(frozen=True)
class Tally:
    """One learner's training games against each opponent, for its win rates."""

    counts: Mapping[Checkpoint, Count] = field(default_factory=dict)

    def record(self, opponent: Checkpoint, margins: Iterable[float]) -> Tally:
        """The tally after more games; a margin is what the learner earned above its opponent, only its sign counts."""
        count = self.counts.get(opponent, Count())
        for margin in margins:
            count = count.after(margin)
        return Tally({**self.counts, opponent: count})

    def win_rate(self, opponent: Checkpoint, prediction: float, *, k: float = SHRINK) -> float:
        """The win rate, draws half, shrunk towards a prediction as if k games had come out like it."""
        count = self.counts.get(opponent, Count())
        return (count.wins + count.draws / 2 + k * prediction) / (count.games + k)

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[str | float]], checkpoints: Iterable[Checkpoint]) -> Self:
        """Each row an opponent's id, games, wins and draws. Whom `checkpoints` leaves out may be retired: forgotten."""
        by_id = {checkpoint.id: checkpoint for checkpoint in checkpoints}
        known = [(by_id[str(who)], counted) for who, *counted in rows if who in by_id]
        return cls({who: Count(*map(float, counted)) for who, counted in known})


@dataclass(frozen=True)
class Candidate:
    """A frozen checkpoint that a learner may meet, and how often the learner beats it."""

    checkpoint: Checkpoint
    win_rate: float  # draws half


@dataclass(frozen=True)
class Draw:
    """A possible opponent, and why: the branch of the mix that chose it, and how probable that was."""

    opponent: Checkpoint | None  # None: the living self
    branch: str
    probability: float


Mix = Callable[[Sequence[Candidate]], list[Draw]]  # candidates oldest first; the probabilities sum to 1


class Mixes(Registry):
    """Names to mixes. A mix is tried when it is made, and held to what a mix must answer whenever it is asked."""

    def make(self, text: str | Spec, *given: Any, **extra: Any) -> Mix:
        """The mix that a spec says. Raises what `Registry.make` raises, and `BadSpec` where it is none."""
        mix = partial(_asked, super().make(text, *given, **extra), str(text))
        mix([Candidate(Checkpoint.make(name, 1, spec=name), 0.5) for name in ("somebody", "another")])
        return mix


MIXES = Mixes(
    "opponent mix",
    {name: f"arena.pool:{name}" for name in ("latest", "uniform", "mixture", "delta_uniform", "pfsp")},
    group="arena.mixes",
)


def _asked(mix: Mix, text: str, candidates: Sequence[Candidate]) -> list[Draw]:
    """What a mix answers. It may be a user's own, and answer anything."""
    with plugged("opponent mix", text):
        if not callable(mix):
            raise TypeError(f"expected a function from candidates to draws, got a {type(mix).__name__}")
        choices = list(mix(candidates))
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


def draw(mix: Mix, candidates: Sequence[Candidate], count: int, rng: HasRandom) -> list[Draw]:
    """`count` opponents from a mix, those of one kind together, by systematic sampling.

    Each choice comes up its probability times `count`, rounded up or down at random: unbiased, with the least variance.
    """
    choices = [choice for choice in mix(candidates) if choice.probability > 0]
    drawn: list[Draw] = []
    offset, reached = rng.random(), 0.0
    for choice in choices:
        reached += choice.probability * count
        while len(drawn) + offset < reached and len(drawn) < count:
            drawn.append(choice)
    return drawn + choices[-1:] * (count - len(drawn))  # what rounding left over


def latest() -> Mix:
    """Only the living self."""
    return lambda candidates: [Draw(None, "latest", 1.0)]


def uniform() -> Mix:
    """Equal over the pool."""
    return lambda candidates: _spread("uniform", candidates, [1.0] * len(candidates))


def mixture(latest: float = 0.8) -> Mix:
    """The textbook's self-play: so often the living self, else uniform over the pool."""
    share = number("latest", latest, low=0, high=1)

    def mix(candidates: Sequence[Candidate]) -> list[Draw]:
        frozen = _spread("uniform", candidates, [1.0] * len(candidates))
        rest = [Draw(choice.opponent, choice.branch, choice.probability * (1 - share)) for choice in frozen]
        return [Draw(None, "latest", share), *rest]

    return mix


def delta_uniform(delta: float = 0.5) -> Mix:
    """Uniform over the newest 1 - delta of the pool, rounded up and never nobody; delta 0 is `uniform`."""
    share = 1 - number("delta", delta, low=0, high=1)

    def mix(candidates: Sequence[Candidate]) -> list[Draw]:
        newest = candidates[-max(1, ceil(share * len(candidates) - 1e-9)) :]
        return _spread("delta_uniform", newest, [1.0] * len(newest))

    return mix


WEIGHINGS: Mapping[str, Callable[[float], float]] = {  # of the win rate x against an opponent
    "hard": lambda x: (1 - x) ** 2,
    "var": lambda x: x * (1 - x),
    "linear": lambda x: 1 - x,
    "capped": lambda x: min(0.5, 1 - x),
}


def pfsp(weighing: str = "hard") -> Mix:
    """Prioritised fictitious self-play over the pool: `hard` prefers those that beat us, `var` our equals.

    In a mixed game a win is to have earned more than the opponent, so `hard` prefers those that exploit us.
    """
    if weighing not in WEIGHINGS:
        raise BadSpec(f"pfsp knows no weighing {weighing!r}", hint=f"known: {', '.join(WEIGHINGS)}")
    weigh = WEIGHINGS[weighing]
    return lambda candidates: _spread(f"pfsp {weighing}", candidates, [weigh(one.win_rate) for one in candidates])


def _spread(branch: str, candidates: Sequence[Candidate], weights: Sequence[float]) -> list[Draw]:
    """A distribution by weights: uniform where they are all zero, the living self where there is nobody."""
    if not candidates:
        return [Draw(None, f"{branch}: empty pool", 1.0)]
    if not (total := sum(weights)) > 0:
        return _spread(f"{branch}: all weights zero", candidates, [1.0] * len(candidates))
    return [Draw(one.checkpoint, branch, weight / total) for one, weight in zip(candidates, weights, strict=True)]
