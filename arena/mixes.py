"""The opponent mixes: small pure functions from what is known of the pool to a distribution over it.

`latest` `uniform` `delta_uniform`   by age: Bansal et al. 2018
`pfsp`        by win rate: prioritised fictitious self-play, Vinyals et al. 2019
`quality`     by how hard each is still to beat: OpenAI et al. 2019 (OpenAI Five)
`nash`        by the Nash mixture of the pool's payoff table: Lanctot et al. 2017 (PSRO)
`mixture`     the latest self so often, else another mix
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import ceil, exp

from arena.analysis.nash import nash_mixture
from arena.pool import MIXES, Candidate, Draw, Mix
from games.arguments import number, switch
from games.errors import BadSpec

_STEP = 0.01  # OpenAI Five's learning rate of qualities


def latest(frozen: bool = False) -> Mix:
    """Only the latest self: the living one, from all of whose seats is learned, or, `frozen`, the newest own snapshot."""
    return _newest if switch("frozen", frozen) else lambda candidates: [Draw(None, "latest", 1.0)]


def _newest(candidates: Sequence[Candidate]) -> list[Draw]:
    own = [one for one in candidates if one.own][-1:]
    return spread("latest, frozen", own, [1.0] * len(own))


def uniform() -> Mix:
    """Equal over the pool."""
    return lambda candidates: spread("uniform", candidates, [1.0] * len(candidates))


class Mixture:
    """So often the latest self, as `latest` has it, else by another mix. With the defaults it is the textbook's self-play,
    but that the learner learns from both sides of a match with itself; `frozen`, it is to the letter."""

    def __init__(self, latest: float = 0.8, rest: str = "uniform", frozen: bool = False) -> None:
        self.share = number("latest", latest, low=0, high=1)
        self.rest = MIXES.make(rest)
        self.itself = MIXES.make("latest", frozen=frozen)
        self.wants_payoffs = self.rest.wants_payoffs

    def __call__(self, candidates: Sequence[Candidate]) -> list[Draw]:
        return [*scaled(self.itself(candidates), self.share), *scaled(self.rest(candidates), 1 - self.share)]


def delta_uniform(delta: float = 0.5) -> Mix:
    """Uniform over the newest 1 - delta of the pool, rounded up and never nobody; delta 0 is `uniform`."""
    share = 1 - number("delta", delta, low=0, high=1)

    def mix(candidates: Sequence[Candidate]) -> list[Draw]:
        newest = candidates[-max(1, ceil(share * len(candidates) - 1e-9)) :]
        return spread("delta_uniform", newest, [1.0] * len(newest))

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
    return lambda candidates: prioritised(f"pfsp {weighing}", candidates, weighing)


def quality() -> Mix:
    """By the softmax of qualities, which fall with every win: who is no longer hard to beat is met less and less."""
    return lambda candidates: spread("quality", candidates, _softmax([one.quality for one in candidates]))


def prices(qualities: Sequence[float]) -> list[float]:
    """What a win costs each of N opponents of its quality: 0.01 / (N p), p its chance by `quality`.

    At most 1, so that none falls for ever where another mix draws whom this one would not.
    """
    return [min(1.0, _STEP / (len(qualities) * chance)) if chance else 1.0 for chance in _softmax(qualities)]


def _softmax(values: Sequence[float]) -> list[float]:
    highest = max(values, default=0.0)
    weights = [exp(one - highest) for one in values]
    return [weight / sum(weights) for weight in weights]


class Nash:
    """By the maximum-entropy Nash mixture of the pool's payoffs: nobody in the pool beats the opponent one will meet."""

    wants_payoffs = True

    def __call__(self, candidates: Sequence[Candidate]) -> list[Draw]:
        rows = tuple(one.payoffs for one in candidates)
        if any(len(row) != len(rows) for row in rows):
            return spread("nash: payoffs unknown", candidates, [1.0] * len(candidates))
        return spread("nash", candidates, _solved(rows))


@lru_cache(maxsize=1)  # a phase asks for each batch, and the rated games do not change meanwhile
def _solved(rows: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    return nash_mixture(rows)


def prioritised(branch: str, candidates: Sequence[Candidate], weighing: str) -> list[Draw]:
    """Some candidates by one of `WEIGHINGS`."""
    return spread(branch, candidates, [WEIGHINGS[weighing](one.win_rate) for one in candidates])


def scaled(choices: Sequence[Draw], share: float) -> list[Draw]:
    """A distribution as a part of another one."""
    return [Draw(choice.opponent, choice.branch, choice.probability * share) for choice in choices]


def spread(branch: str, candidates: Sequence[Candidate], weights: Sequence[float]) -> list[Draw]:
    """A distribution by weights: uniform where they are all zero, the living self where there is nobody."""
    if not candidates:
        return [Draw(None, f"{branch}: empty pool", 1.0)]
    if not (total := sum(weights)) > 0:
        return spread(f"{branch}: all weights zero", candidates, [1.0] * len(candidates))
    return [Draw(one.checkpoint, branch, weight / total) for one, weight in zip(candidates, weights, strict=True)]
