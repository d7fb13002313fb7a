"""Stable-Baselines3: PPO with eight environments side by side, each a Connect Four against somebody who is part of it.

That is how self-play is done with it: the opponent's moves happen inside the environment's step. `random_opponent` moves at
random, which costs next to nothing; `ppo` meets what ours meets: one of a pool of frozen networks of the learner's own
size, drawn for each game, whose legal moves are sampled.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from agents.nets import MLP
from arena.bench.lap import Unit
from arena.bench.peers import need

STEPS = 8 * 256  # in a piece of work: a rollout and what is learned from it
ROWS, COLUMNS = 6, 7
HIDDEN = (128, 128)
Opponent = Callable[[Any, list[int], random.Random], int]  # a board as the learner sees it, and the legal columns


def random_opponent() -> Unit:
    """Decisions, those learned from, against random legal moves."""
    return _learning(lambda _: _at_random)


def ppo(pool: int = 20) -> Unit:
    """Decisions, those learned from, against a pool of frozen networks."""
    torch = need("torch")
    networks = [MLP((2 * ROWS * COLUMNS, *HIDDEN, COLUMNS), seed=seed) for seed in range(pool)]

    def drawn(chance: random.Random) -> Opponent:
        network = chance.choice(networks)

        def moves(board: Any, free: list[int], chance: random.Random) -> int:
            with torch.no_grad():
                logits = network(torch.from_numpy(board[::-1].reshape(1, -1).copy()))[0, free]
                return chance.choices(free, logits.softmax(0).tolist())[0]

        return moves

    return _learning(drawn)


def _learning(drawn: Callable[[random.Random], Opponent], environments: int = 8) -> Unit:
    """A rollout and what is learned from it; `drawn` gives the opponent of a game."""
    sb3, torch = need("stable_baselines3"), need("torch")
    torch.set_num_threads(1)
    envs = need("stable_baselines3.common.env_util").make_vec_env(_environment(drawn), n_envs=environments, seed=1)
    learner = sb3.PPO(
        "MlpPolicy",
        envs,
        n_steps=STEPS // environments,
        batch_size=256,
        n_epochs=4,
        policy_kwargs={"net_arch": list(HIDDEN)},
        device="cpu",
        seed=1,
    )

    def learn() -> dict[str, float]:
        learner.learn(STEPS, reset_num_timesteps=False)
        return {"decisions": STEPS}

    return learn


def _at_random(board: Any, free: list[int], chance: random.Random) -> int:
    return chance.choice(free)


def _environment(drawn: Callable[[random.Random], Opponent]) -> type:
    gym, numpy = need("gymnasium"), need("numpy")

    class ConnectFour(gym.Env):  # type: ignore[misc, name-defined]
        """Ours to move; whoever moves illegally has lost."""

        observation_space = gym.spaces.Box(0.0, 1.0, (2 * ROWS * COLUMNS,), numpy.float32)
        action_space = gym.spaces.Discrete(COLUMNS)

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            super().reset(seed=seed)
            self.chance = random.Random(int(self.np_random.integers(2**31)))
            self.opponent = drawn(self.chance)
            self.board = numpy.zeros((2, ROWS, COLUMNS), numpy.float32)
            self.height = [0] * COLUMNS
            if self.chance.random() < 0.5:
                self._drop(1, self.opponent(self.board, list(range(COLUMNS)), self.chance))
            return self.board.ravel().copy(), {}

        def step(self, action: Any) -> Any:
            if self.height[action] == ROWS:
                return self._over(-1.0)
            if self._drop(0, int(action)):
                return self._over(1.0)
            free = [column for column in range(COLUMNS) if self.height[column] < ROWS]
            if not free:
                return self._over(0.0)
            if self._drop(1, self.opponent(self.board, free, self.chance)):
                return self._over(-1.0)
            if len(free) == 1 and self.height[free[0]] == ROWS:
                return self._over(0.0)
            return self.board.ravel().copy(), 0.0, False, False, {}

        def _over(self, reward: float) -> Any:
            return self.board.ravel().copy(), reward, True, False, {}

        def _drop(self, seat: int, column: int) -> bool:
            """Whether it made four in a line."""
            row = self.height[column]
            self.board[seat, row, column] = 1
            self.height[column] += 1
            mine = self.board[seat].tolist()
            return any(self._line(mine, row, column, *way) for way in ((0, 1), (1, 0), (1, 1), (1, -1)))

        def _line(self, mine: list[list[float]], row: int, column: int, up: int, along: int) -> bool:
            length = 1
            for way in (1, -1):
                y, x = row + way * up, column + way * along
                while 0 <= y < ROWS and 0 <= x < COLUMNS and mine[y][x]:
                    length, y, x = length + 1, y + way * up, x + way * along
            return length >= 4

    return ConnectFour
