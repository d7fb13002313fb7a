"""Self-play training: a learner meets itself and a pool of frozen checkpoints, and learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from agents.core import Learner
from agents.nets import input_size
from agents.ppo import PPO
from agents.registry import make_agent
from agents.weights import pack
from arena.bench.lap import Unit
from arena.bench.measure import OURS, Bench, Figure, compared
from arena.bench.neural import frozen_names, policies
from arena.match import Entrant
from arena.pool import Candidate
from arena.settings import Settings
from arena.tally import Tally
from arena.training import TrainingTask
from arena.workers import Desk
from games.registry import GAMES

BOARDS = (Settings().boards, 4096)  # what a season takes by default, and where batches are as quick as they get
LIMIT = "forward, backward, Adam"
HALF = "bfloat16"  # the precision that a user may choose, for learning and for play
SAME, EASIER = "SB3 PPO, 8 envs, pool of 20", "SB3 PPO, 8 envs, random opponent"


def training(bench: Bench, steps: int = 20_000, pool: int = 20, boards: Sequence[int] = BOARDS) -> Iterator[Figure]:
    """Decisions of PPO on Connect Four a second, playing and learning from them."""
    if bench.quick:
        steps, pool, boards = 1, 2, (4,)
    aims = {SAME: "40 x (at least 20 x)"}
    for count in boards:
        half = phase(steps, pool, count, spec=f"ppo(precision={HALF!r}, play={HALF!r})")
        units = {OURS: phase(steps, pool, count), HALF: half, LIMIT: lessons(1024)}
        found = bench.race(units, {SAME: "sb3_ppo", EASIER: "sb3_ppo_random"})
        halved, what = found.pop(HALF), f"ppo, pool of {pool}, {count} boards"
        yield from compared(what, "decisions/s", found, aims=aims)
        del found[LIMIT]
        yield from compared(f"{what}, {HALF}", "decisions/s", {**found, OURS: halved}, aims=aims)


def lessons(rows: int, times: int = 20) -> Unit:
    """What the arithmetic alone allows: PPO's networks forward and backward, as often as it learns from a decision."""
    game = GAMES.make("connect_four").spec
    learner = make_agent("ppo", game)
    assert isinstance(learner, PPO)
    seen = torch.zeros(rows, input_size(game))

    def learn() -> dict[str, float]:
        for _ in range(times):
            learner.optimizer.zero_grad()
            (learner.actor(seen).sum() + learner.critic(seen).sum()).backward()
            learner.optimizer.step()
        return {"decisions": rows * times / learner.epochs}

    return learn


def phase(steps: int, pool: int, boards: int, *, spec: str = "ppo", device: str = "cpu") -> Unit:
    """One training phase of a season, by its defaults: four in five matches against the living self."""
    game = GAMES.make("connect_four")
    learner = make_agent(spec, game.spec)
    assert isinstance(learner, Learner)
    met = frozen_names(pool)
    stored = {str(who.weights): pack(policy) for who, policy in zip(met, policies(game, pool), strict=True)}
    desk = Desk(stored.__getitem__)
    task = TrainingTask(
        entrant=Entrant("ppo", spec, "connect_four", learns=True),
        state=pack(learner.state()),
        pool=tuple(Candidate(one, 0.5) for one in met),
        tally=Tally(),
        mix="mixture(latest=0.8)",
        boards=boards,
        steps=steps,
        seconds=None,
        seed=1,
        device=device,
    )
    return lambda: {"decisions": task.do(desk).steps}
