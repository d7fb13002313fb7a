"""Pgx: games on accelerators, vectorised and jitted with JAX. A finished board begins anew at once, so none ever waits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from arena.bench.lap import Unit
from arena.bench.peers import need

TICKS = 64  # in a piece of work


def moves(game: str, boards: int = 1024) -> Unit:
    """Random legal moves."""
    return _ticks(game, boards, lambda state, tick: state.legal_action_mask * 1e9)


def policies(boards: int = 1024, sizes: tuple[int, ...] = (84, 128, 128, 7)) -> Unit:
    """Connect four between two MLPs, with sampled legal moves. They take turns by ticks on all boards: one evaluation
    a tick, and each begins as many games as the other."""
    jax = need("jax")
    networks = [
        [
            (jax.random.normal(jax.random.PRNGKey(10 * seed + i), shape) / shape[0] ** 0.5, jax.numpy.zeros(shape[1]))
            for i, shape in enumerate(pairwise(sizes))
        ]
        for seed in range(2)
    ]
    both = jax.tree.map(lambda *layers: jax.numpy.stack(layers), *networks)

    def logits(state: Any, tick: Any) -> Any:
        *hidden, (weight, bias) = jax.tree.map(lambda layer: layer[tick % 2], both)
        seen = state.observation.reshape(boards, -1).astype(jax.numpy.float32)
        for inner, offset in hidden:
            seen = jax.nn.relu(seen @ inner + offset)
        return jax.numpy.where(state.legal_action_mask, 0.01 * (seen @ weight + bias), -1e9)

    return _ticks("connect_four", boards, logits)


def _ticks(game: str, boards: int, logits: Callable[[Any, Any], Any]) -> Unit:
    jax, pgx = need("jax"), need("pgx")
    wrappers = need("pgx.experimental.wrappers")
    env = pgx.make(game)
    step = jax.vmap(wrappers.auto_reset(env.step, env.init))
    first = jax.random.split(jax.random.PRNGKey(0), boards)

    def tick(carry: Any, number: Any) -> Any:
        state, key = carry
        key, choosing, dealing = jax.random.split(key, 3)
        action = jax.random.categorical(choosing, logits(state, number))
        state = step(state, action, jax.random.split(dealing, boards))
        return (state, key), state.terminated.sum()

    def run(state: Any, key: Any) -> Any:
        carry, ended = jax.lax.scan(tick, (state, key), jax.numpy.arange(TICKS))
        return *carry, ended.sum()

    jitted = jax.jit(run)
    now = [jax.jit(jax.vmap(env.init))(first), jax.random.PRNGKey(1)]

    def play() -> dict[str, float]:
        now[0], now[1], ended = jitted(*now)
        return {"moves": TICKS * boards, "games": int(ended)}

    play()  # compiles
    return play
