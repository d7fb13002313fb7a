"""How near to the equilibrium of small poker does self-play come, and what does a magnet do?

Question   Where cards are hidden no fixed policy beats all others, and plain policy gradient circles around the
           equilibrium. Does a magnet, a policy that the learner's is drawn to, bring it in?
Method     PPO against its living self on Kuhn and Leduc poker, with each of its magnets: none, the uniform policy (magnetic
           mirror descent), a copy of itself renewed now and then (NashPG) and a moving average (EMAgnet). Step size and
           entropy fall to (nearly) nothing. Exploitability is exact, of the last iterate: half of what best responses win.
           Time is that of one core, for the training alone.
Paper      Sokota et al. 2023, "A Unified Approach to Reinforcement Learning, Quantal Response Equilibria, and Two-Player
           Zero-Sum Games", ICLR.
Expect     Magnets of its own come closer than none. Uniform play has 0.458 and 2.374; published are 0.020 (NFSP, 1e7
           episodes) and 0.041 (NashPG) on Kuhn, 0.33 to 0.64 (NFSP), 0.43 (PSRO), 0.48 (NashPG) and 0.089 (ARMAC) on Leduc.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
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
POINTS = 20  # of a curve


def poker(run: Run, games: Sequence[str] = tuple(TASKS), magnets: Sequence[str] = MAGNETS, boards: int = 1024) -> Finding:
    """The last iterate's exploitability, by game and magnet."""
    games, magnets = arguments.some_of("games", games, list(TASKS)), arguments.some_of("magnets", magnets, MAGNETS)
    boards = arguments.whole("boards", boards, low=1, high=65_536)
    parts = [(game, magnet, seed) for game in games for magnet in magnets for seed in range(run.seeds)]
    curves: dict[str, dict[str, list[list[Point]]]] = {one: {magnet: [] for magnet in magnets} for one in games}
    trees = {name: grow(GAMES.make(name)) for name in games}
    for game, magnet, seed in run.each(parts, "{}, magnet {}, seed {}"):
        settings, decisions = TASKS[game]
        decisions = run.pick(decisions, 30_000)
        spec = f"ppo(magnet={magnet!r}, {COMMON}, {settings}, anneal={decisions})"
        told = _taught(spec, GAMES.make(game), trees[game], decisions=decisions, boards=run.pick(boards, 128), seed=seed)
        curves[game][magnet].append(list(told))
    ends = {game: {magnet: [one[-1] for one in found] for magnet, found in curves[game].items()} for game in games}
    last = {game: {magnet: [end.exploitability for end in found] for magnet, found in ends[game].items()} for game in games}
    rows = [
        (game, magnet, spread(last[game][magnet], 4), spread([end.seconds for end in found], 0))
        for game in games
        for magnet, found in ends[game].items()
    ]

    def draw(axes: Sequence[Axes]) -> None:
        for place, game in enumerate(games):
            for magnet, found in curves[game].items():
                heights = [[point.exploitability for point in one] for one in found]
                at = [point.decisions for point in found[0]]
                axes[place].plot(at, [fmean(values) for values in zip(*heights, strict=False)], label=magnet)
            axes[place].set(xlabel="decisions", ylabel="exploitability", yscale="log", title=game)
        axes[0].legend(title="magnet")

    said = []
    for game in games:
        best = min(magnets, key=lambda magnet: fmean(last[game][magnet]))
        said.append(f"on {game} the best magnet is {best!r}, with {fmean(last[game][best]):.4f}")
    headers = ["game", "magnet", "exploitability", "seconds of training"]
    return Finding(headers, rows, f"{'; '.join(said)}.", {"last": last, "curves": curves}, draw, len(games))


class Point(NamedTuple):
    """How far a learner has come: the decisions it has learned from, the core's time it took, and its exploitability."""

    decisions: int
    seconds: float
    exploitability: float


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
