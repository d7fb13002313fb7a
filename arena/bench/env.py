"""The environment for other people's training loops: its steps, and the opponents' moves in them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from arena.bench.lap import Unit
from arena.bench.leagues import registered
from arena.bench.measure import OURS, Bench, Figure, compared
from arena.league import League
from games import arguments

GAME = "connect_four"


def env(bench: Bench, boards: int = 256) -> Iterator[Figure]:
    """The learner's random legal steps, against an opponent who moves at random, and against a pool of frozen networks."""
    boards = arguments.whole("boards", boards, low=1)
    boards = min(boards, 8) if bench.quick else boards
    fields = {
        "random opponent": {"random": "uniform"},
        "20 frozen networks": {f"ppo-{place}": "ppo" for place in range(2 if bench.quick else 20)},
    }
    for what, field in fields.items():
        peers = {"PettingZoo": f"pettingzoo_vector(boards={boards})"} if "random" in field else {}
        with registered(GAME, field) as path:
            found = bench.race({OURS: _steps(League(path), boards)}, peers)
        yield from compared(f"{boards} boards, {what}", "steps/s", found, aims={"PettingZoo": "50 x"})


def _steps(league: League, boards: int) -> Unit:
    envs = league.vector_env(GAME, boards=boards, opponents="uniform")
    _, infos = envs.reset(seed=1)
    chance = np.random.default_rng(1)

    def step() -> dict[str, float]:
        nonlocal infos
        masks = infos["action_mask"]
        *_, infos = envs.step((chance.random(masks.shape) * masks).argmax(1))
        return {"steps": boards}

    return step
