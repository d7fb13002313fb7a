"""Connect Four between frozen policies, as in rated matches: `arena.runner.play`, without a store.

The limit is the arithmetic: every move is one evaluation of the network, so no league can play more moves than it
evaluates rows, bare, in the same run. Peers play in float32; so do we, and once more with `ppo(play="bfloat16")`, which is
a setting of a policy and is said in the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, cycle, islice

import torch
from torch.nn import functional as F

from agents.core import Learner, Weights
from agents.nets import MLP
from agents.registry import make_agent
from arena.bench.lap import Unit
from arena.bench.measure import OURS, Bench, Figure, compared
from arena.match import Checkpoint
from arena.runner import Cast, play
from arena.series import Matches
from games.chance import derive
from games.core import Game
from games.registry import GAMES

SIZES = (84, 128, 128, 7)
CHUNKS = (512, 4096, 16384)
LIMIT = "matmul alone"
HALF = "bfloat16"
HALVED = f"{LIMIT}, {HALF}"
PEERS = {"Pgx": "pgx_policies", "PettingZoo": "pettingzoo_policies"}


def neural(bench: Bench, chunks: Sequence[int] = CHUNKS, checkpoints: int = 32) -> Iterator[Figure]:
    """One pairing in chunks of the best size, then all-play-all."""
    game: Game = GAMES.make("connect_four")
    if bench.quick:
        chunks, checkpoints = (8,), 4
    units = {str(size): matches_between(game, 2, size) for size in chunks}
    best = bench.fastest(units, "games")
    half = matches_between(game, 2, int(best), spec=f"ppo(play={HALF!r})")
    limits = {LIMIT: forwards(1024), HALVED: forwards(2048, dtype=torch.bfloat16)}
    found = bench.race({OURS: units[best], HALF: half, **limits}, PEERS)
    rough, limit, what = found.pop(HALF), found.pop(HALVED), f"one pairing, chunks of {best}"
    aims = {"PettingZoo": "at least 100 x", "Pgx": "at least 1.2 x", LIMIT: "0.6 x", HALVED: "0.6 x"}
    for unit in ("moves/s", "games/s"):
        yield from compared(what, unit, found, aims=aims)
    found = {OURS: rough, HALVED: limit, **{name: found[name] for name in PEERS if name in found}}
    for unit in ("moves/s", "games/s"):
        yield from compared(f"{what}, {HALF}", unit, found, aims=aims)
    pairs = checkpoints * (checkpoints - 1)  # both seats
    all_play = matches_between(game, checkpoints, pairs * -(-max(chunks) // pairs))
    found = bench.race({OURS: all_play, "one pairing": units[best], LIMIT: forwards(1024)})
    aims = {"one pairing": "0.9 x (at least 0.7 x)"}
    yield from compared(f"{checkpoints} checkpoints all-play-all", "moves/s", found, aims=aims)


def matches_between(game: Game, checkpoints: int, matches: int, *, spec: str = "ppo", device: str = "cpu") -> Unit:
    """One chunk of mirrored pairs between so many frozen policies, everybody against everybody as far as it goes."""
    names = frozen_names(checkpoints)
    learner = make_agent(spec, game.spec)
    assert isinstance(learner, Learner)
    actor = learner.frozen(policies(game, checkpoints)).to(device)
    cast = Cast([actor], {who: (0, member) for member, who in enumerate(names)})
    lineups = [lineup for one, other in combinations(names, 2) for lineup in ((one, other), (other, one))]
    seeds = [derive(1, match // 2) for match in range(matches)]
    planned = Matches(range(matches), seeds, list(islice(cycle(lineups), matches)))  # as a season plans them: columns

    def chunk() -> dict[str, float]:
        results = play(game, planned, cast, device=device).results
        return {"moves": sum(results.steps), "games": len(results)}

    return chunk


def frozen_names(count: int) -> list[Checkpoint]:
    """Checkpoints of ppo; the weights are named, and stand wherever the caller keeps them."""
    return [Checkpoint.make(f"ppo-{i}", 1, spec="ppo", weights=f"{i:064x}") for i in range(count)]


def policies(game: Game, count: int) -> list[Weights]:
    """As many policies of ppo's default network, each as it begins."""
    learners = [make_agent("ppo", game.spec, seed=seed) for seed in range(count)]
    return [learner.policy() for learner in learners if isinstance(learner, Learner)]


def forwards(rows: int, times: int = 20, *, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Unit:
    """The network alone: as many moves as it has rows."""
    weights = MLP(SIZES, seed=1).to(device, dtype).state_dict()
    layers = [(weights[f"layers.{i}.weight"], weights[f"layers.{i}.bias"]) for i in range(len(SIZES) - 1)]
    seen = torch.zeros(rows, SIZES[0], device=device, dtype=dtype)

    @torch.no_grad()
    def evaluate() -> dict[str, float]:
        for _ in range(times):
            *hidden, last = layers
            values = seen
            for weight, bias in hidden:
                values = F.linear(values, weight, bias).relu_()
            values = F.linear(values, *last)
        float(values[0, 0])  # a device is done with its work when it is asked
        return {"moves": rows * times}

    return evaluate
