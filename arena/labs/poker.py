"""How near to the equilibrium of small poker does self-play come, and what does a magnet do?

Question   Where cards are hidden no fixed policy beats all others, and plain policy gradient circles around the
           equilibrium. Does a magnet, a policy that the learner's is drawn to, bring it in?
Method     PPO against its living self on Kuhn and Leduc poker, with each of its magnets: none, the uniform policy (magnetic
           mirror descent), a copy of itself renewed now and then (NashPG) and a moving average (EMAgnet). Step size and
           entropy fall to (nearly) nothing. Exploitability is exact, of the last iterate: half of what best responses win.
           Time is that of one core, for the training alone.
Paper      Sokota et al. 2023, "A Unified Approach to Reinforcement Learning, Quantal Response Equilibria, and Two-Player
           Zero-Sum Games", ICLR.
Expect     Magnets of its own come closer than none. What is published stands beside what is found; the budgets differ.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from agents.core import Learner
from agents.ppo import MAGNETS
from agents.registry import make_agent
from agents.table import read_table
from arena.analysis.exploitability import exploitability
from arena.labs.lab import Finding, Run, spread
from arena.match import LIVING, Checkpoint, Match
from arena.runner import Cast, play
from games import arguments
from games.chance import derive
from games.core import Game
from games.registry import GAMES
from games.tree import Tree, grow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COMMON = "gamma=1.0, decay=0.95, epochs=2, minibatches=4, lag=500"
# By game: the learner's settings, and how many decisions it learns from. Leduc keeps a little entropy to the end.
TASKS = {
    "kuhn_poker": ("hidden=(32,), lr=5e-3, entropy=0.1, pull=0.5", 2_000_000),
    "leduc_poker": ("hidden=(64, 64), lr=3e-3, entropy=0.3, entropy_end=0.05, pull=0.3", 8_000_000),
}
PUBLISHED = {
    "kuhn_poker": {"uniform play": 0.458, "NashPG": 0.041, "NFSP, 1e7 episodes": 0.020, "tabular MMD": 0.0024},
    "leduc_poker": {
        "uniform play": 2.374,
        "NFSP, 1e7 episodes": 0.64,
        "NashPG": 0.478,
        "PSRO": 0.43,
        "NFSP, 2.5e7 episodes": 0.33,
        "QPG and RPG, tuned": 0.18,
        "ARMAC": 0.089,
        "tabular MMD": 0.034,
    },
}
POINTS = 20  # of a curve
QUICK = 30_000  # decisions


def poker(
    run: Run,
    games: Sequence[str] = tuple(TASKS),
    magnets: Sequence[str] = MAGNETS,
    boards: int | None = None,
    decisions: int | None = None,
) -> Finding:
    """The last iterate's exploitability, by game and magnet.

    decisions  to learn from, in place of each game's own (2 and 8 million, quick 30,000)
    boards     matches in a batch (1024, quick 128)
    """
    games, magnets = arguments.some_of("games", games, list(TASKS)), arguments.some_of("magnets", magnets, MAGNETS)
    boards = arguments.whole("boards", run.pick(1024, 128, given=boards), low=1, high=65_536)
    given = None if decisions is None else arguments.whole("decisions", decisions, low=POINTS)
    goals = {game: run.pick(TASKS[game][1], QUICK, given=given) for game in games}
    published = {game: _comparable(game, goals[game]) for game in games}
    parts = [(game, magnet, seed) for game in games for magnet in magnets for seed in range(run.seeds)]
    curves: dict[str, dict[str, list[list[Point]]]] = {one: {magnet: [] for magnet in magnets} for one in games}
    trees = {name: grow(GAMES.make(name)) for name in games}
    for game, magnet, seed in run.each(parts, "{}, magnet {}, seed {}"):
        spec = f"ppo(magnet={magnet!r}, {COMMON}, {TASKS[game][0]}, anneal={goals[game]})"
        told = _taught(spec, GAMES.make(game), trees[game], decisions=goals[game], boards=boards, seed=seed)
        curves[game][magnet].append(list(told))
    ends = {game: {magnet: [one[-1] for one in found] for magnet, found in curves[game].items()} for game in games}
    last = {game: {magnet: [end.exploitability for end in found] for magnet, found in ends[game].items()} for game in games}
    rows: list[Sequence[object]] = []
    for game in games:
        for magnet, found in ends[game].items():
            rows.append((game, magnet, spread(last[game][magnet], 4), spread([end.seconds for end in found], 0)))
        rows += [(game, f"published: {name}", f"{value:.4f}", "") for name, value in published[game].items()]

    said = "; ".join(_said(game, goals[game], last[game]) for game in games)
    headers = ["game", "magnet", "exploitability", "seconds of training"]
    numbers = {"last": last, "curves": curves, "published": published}
    return Finding(headers, rows, f"{said}.", numbers, partial(_draw, curves, published), len(games))


def _comparable(game: str, decisions: int) -> Mapping[str, float]:
    """What is published, as far as so much training may be held against it: less than the full only against no training."""
    known = PUBLISHED[game]
    return known if decisions >= TASKS[game][1] else {"uniform play": known["uniform play"]}


def _said(game: str, decisions: int, last: Mapping[str, Sequence[float]]) -> str:
    """Which magnet came nearest in a full training; of a shorter one, which proves no such thing, how far all came."""
    means = {magnet: fmean(found) for magnet, found in last.items()}
    best, worst = (choose(means, key=lambda magnet: means[magnet]) for choose in (min, max))
    if decisions >= TASKS[game][1]:
        return f"on {game} the best magnet is {best!r}, with {means[best]:.4f}"
    return (
        f"on {game}, after {decisions:,} decisions of {TASKS[game][1]:,}, exploitability is {means[best]:.4f} to"
        f" {means[worst]:.4f} by magnet, that of uniform play {PUBLISHED[game]['uniform play']:.4f}"
    )


class Point(NamedTuple):
    """How far a learner has come: the decisions it has learned from, the core's time it took, and its exploitability."""

    decisions: int
    seconds: float
    exploitability: float


def _draw(
    curves: Mapping[str, Mapping[str, Sequence[Sequence[Point]]]],
    published: Mapping[str, Mapping[str, float]],
    axes: Sequence[Axes],
) -> None:
    """By game the mean over the seeds, with what is published as lines across."""
    for panel, (game, by_magnet) in zip(axes, curves.items(), strict=True):
        for magnet, found in by_magnet.items():
            heights = [[point.exploitability for point in one] for one in found]
            at = [point.decisions for point in found[0]]
            panel.plot(at, [fmean(values) for values in zip(*heights, strict=False)], label=magnet)
        for place, (name, value) in enumerate(published[game].items()):
            panel.axhline(value, color="0.6", linewidth=0.8, linestyle=":")
            across = (1.0, 0.7)[place % 2]  # neighbours lie close together
            panel.annotate(name, (across, value), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=6)
        panel.set(xlabel="decisions", ylabel="exploitability (mean of seeds)", yscale="log", title=game)
    axes[0].legend(title="magnet", fontsize=8)


def _taught(spec: str, game: Game, tree: Tree, *, decisions: int, boards: int, seed: int) -> Iterator[Point]:
    """A learner in self-play, at equal distances."""
    learner = make_agent(spec, game.spec, seed=seed)
    assert isinstance(learner, Learner)
    living = Checkpoint("learner", LIVING, spec, None, "living")
    cast, lineup = Cast([learner], {living: (0, 0)}), (living,) * game.spec.seats
    learned = batch = shown = 0
    seconds = 0.0
    while learned < decisions:
        began = time.process_time()
        matches = [Match(place, derive(seed, batch, place), lineup) for place in range(boards)]
        trajectory = play(game, matches, cast, watch=living).trajectory
        assert trajectory is not None
        learner.learn(trajectory)
        learned, batch, seconds = learned + len(trajectory), batch + 1, seconds + time.process_time() - began
        if learned >= decisions * (shown + 1) / POINTS:
            shown += 1
            policy = read_table(learner.frozen([learner.policy()]), tree)
            yield Point(learned, seconds, exploitability(tree, policy).exploitability)
