"""Do two independent learners come to cooperate?

Question   Each of two deep Q-learners treats the other as part of the world. Both would earn 3 a round by cooperating and
           1 by defecting. What do they learn, and does it stay learned?
Method     The league's `dqn` twice, with weights, memories and chance of their own, over 5000 rounds of the iterated
           prisoner's dilemma. They see the last joint action, and no clock; the rounds come in matches of 10 only because
           learners learn between matches. Exploration falls from 1 to 2 % over the first 2000 rounds. The cooperation
           rate is counted in blocks of 100 rounds. A pair is settled if its rate stays within 0.2 over the last 1000.
           As a control, the same learner meets two who do not learn: it ought to exploit the one who always cooperates,
           and to cooperate with tit for tat.
Paper      Sandholm and Crites 1996, "Multiagent reinforcement learning in the iterated prisoner's dilemma".
Expect     Mostly defection: against a learner that does not answer yet, defecting always pays. Some pairs find phases of
           cooperation. Whatever comes out is told for each seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from agents.core import Agent, Learner
from agents.registry import make_agent
from arena.labs.lab import Finding, Run, spread
from arena.labs.together import live
from games.chance import derive
from games.core import Game
from games.dilemmas import prisoners_dilemma

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEARNER = "dqn(hidden=(32,), warmup=200, batch=64, reuse=16.0, explore=2000, epsilon=0.02, gamma=0.9, target=50)"
ROUNDS, MATCH, BLOCK = 5000, 10, 100
LATE = 10  # blocks, at the end, by which a pair is judged
CONTROLLED = {f"against {other}": other for other in ("cooperator", "tit_for_tat")}
EARLY = "too early to say"  # of a pair with fewer rounds than a verdict needs
STEADY, MUTUAL = 0.2, 0.8  # how much a settled pair may waver; from what rate on it is said to cooperate


def ipd_cooperation(run: Run, learner: str = LEARNER) -> Finding:
    """Cooperation rates over time, for each pair of learners."""
    rounds = run.pick(ROUNDS, 400)
    parts = [(f"pair {seed}", learner, seed) for seed in range(run.seeds)]
    parts += [(name, other, 0) for name, other in CONTROLLED.items()]
    found = {name: together(learner, other, rounds=rounds, seed=seed) for name, other, seed in run.each(parts, "{}")}
    pairs = [found[f"pair {seed}"] for seed in range(run.seeds)]
    window = min(LATE, rounds // BLOCK // 2)  # blocks; the first and the last have none in common
    rows = [_row(name, pair["rates"], pair, window) for name, pair in found.items() if name not in CONTROLLED]
    rows += [(*_row(name, found[name]["mine"], found[name], window)[:-1], "") for name in CONTROLLED]

    def draw(axes: Sequence[Axes]) -> None:
        at = [BLOCK * (block + 1) for block in range(len(pairs[0]["rates"]))]
        for pair in pairs:
            axes[0].plot(at, pair["rates"], alpha=0.6)
        axes[0].set(xlabel="rounds", ylabel="cooperation of both", ylim=(-0.02, 1.02), title="pairs of learners")
        for name in CONTROLLED:
            axes[1].plot(at, found[name]["mine"], label=name)
        axes[1].set(xlabel="rounds", ylabel="cooperation of the learner", ylim=(-0.02, 1.02), title="controls, one seed")
        axes[1].legend()

    headers = ["pair", f"first {window * BLOCK}", f"last {window * BLOCK}", "wavering", "pay a round", "end"]
    return Finding(headers, rows, _sentence(pairs, window), {"learner": learner, "found": found}, draw, 2)


def _sentence(pairs: Sequence[dict[str, Any]], window: int) -> str:
    """Stable or not; and no verdict where the rounds are too few for one."""
    ends = [pair["end"] for pair in pairs]
    first, last = [fmean(pair["rates"][:window]) for pair in pairs], [fmean(pair["rates"][-window:]) for pair in pairs]
    told = f"cooperation in the last {window * BLOCK} rounds was {spread(last)}"
    if EARLY in ends:
        before = f"in the first {window * BLOCK} {spread(first)}"
        return f"Too few rounds to say whether anything is stable: of {len(ends)} pairs, {told}, {before}."
    steady = len(ends) - ends.count("unsettled")
    return (
        f"{'Stable' if steady == len(ends) else 'Not stable'}: of {len(ends)} pairs {ends.count('defection')} settled in"
        f" defection, {ends.count('cooperation')} in cooperation, {ends.count('mixed')} in between, and"
        f" {ends.count('unsettled')} did not settle; {told}."
    )


def _row(name: str, rates: Sequence[float], pair: dict[str, Any], window: int) -> tuple[str, ...]:
    first, last = rates[:window], rates[-window:]
    numbers = (fmean(first), fmean(last), max(last) - min(last), pair["pay"])
    return (name, *(f"{number:.2f}" for number in numbers), pair["end"])


def partners(specs: Sequence[str], game: Game, *, seed: int) -> list[Agent]:
    """An agent for each spec, with weights and chance of its own."""
    return [make_agent(spec, game.spec, seed=derive(seed, place)) for place, spec in enumerate(specs)]


def together(one: str, other: str, *, rounds: int, seed: int) -> dict[str, Any]:
    """One pair, of learners or not: the cooperation rates of both and of the first by blocks, and what they came to."""
    game = prisoners_dilemma(rounds=MATCH)
    pair = partners((one, other), game, seed=seed)
    played: list[list[float]] = [[], []]  # who cooperated in each round
    pay = []
    for match in range(rounds // MATCH):
        stories = live(game, pair, boards=1, seed=derive(seed, 2, match))
        for agent, story, told in zip(pair, stories, played, strict=True):
            if isinstance(agent, Learner):
                agent.learn(story)
            told += (1 - story.action).tolist()
        pay.append(float(stories[0].returns.mean()) / MATCH)
    mine, theirs = ([fmean(told[start : start + BLOCK]) for start in range(0, rounds, BLOCK)] for told in played)
    rates = [(a + b) / 2 for a, b in zip(mine, theirs, strict=True)]
    late = rates[-LATE:]
    wavering = max(late) - min(late)
    end = "cooperation" if fmean(late) > MUTUAL else "defection" if fmean(late) < 1 - MUTUAL else "mixed"
    settled = end if wavering <= STEADY else "unsettled"
    return {
        "rates": rates,
        "mine": mine,
        "wavering": wavering,
        "pay": fmean(pay[-LATE * BLOCK // MATCH :]),
        "end": settled if len(rates) >= LATE else EARLY,
    }
