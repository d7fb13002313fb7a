"""PettingZoo: the loop of its documentation, one agent asked at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from arena.bench.lap import Unit
from arena.bench.peers import need

Choose = Callable[[Any, str, Any], int]  # from the environment, the agent and its observation


def moves(game: str) -> Unit:
    """Random legal moves."""
    return _games(game, lambda env, agent, seen: env.action_space(agent).sample(seen["action_mask"]))


def policies(sizes: tuple[int, ...] = (84, 128, 128, 7)) -> Unit:
    """Connect four between two MLPs in torch, with sampled legal moves: a batch of one row."""
    from agents.nets import MLP

    torch.set_num_threads(1)
    networks = {f"player_{seat}": MLP(sizes, seed=seat, gain=0.01) for seat in range(2)}
    chance = torch.Generator().manual_seed(1)

    @torch.no_grad()
    def choose(env: Any, agent: str, seen: Any) -> int:
        features = torch.as_tensor(seen["observation"], dtype=torch.float32).view(1, -1)
        legal = torch.as_tensor(seen["action_mask"], dtype=torch.bool)
        logits = networks[agent](features).masked_fill(~legal, -1e9)
        return int(torch.multinomial(logits.softmax(1), 1, generator=chance))

    return _games("connect_four_v3", choose)


def vector(boards: int = 256) -> Unit:
    """Connect four as so many gymnasium environments side by side, each with an opponent who moves at random inside `step`:
    how a loop for one agent learns from a game of PettingZoo's."""
    gym, numpy = need("gymnasium"), need("numpy")
    envs = need("gymnasium.vector").SyncVectorEnv(
        [lambda: _Opposed(need("pettingzoo.classic.connect_four_v3").env()).env(gym, numpy)] * boards,
        autoreset_mode=need("gymnasium.vector").AutoresetMode.SAME_STEP,  # as ours: each step is a decision on every board
    )
    _, infos = envs.reset(seed=1)
    chance = numpy.random.default_rng(1)

    def play() -> dict[str, float]:
        nonlocal infos
        masks = infos["action_mask"]
        *_, infos = envs.step((chance.random(masks.shape) * masks).argmax(1))
        return {"steps": boards}

    return play


@dataclass(frozen=True)
class _Opposed:
    """A two-player environment of PettingZoo's, for one of the two."""

    inner: Any

    def env(self, gym: Any, numpy: Any) -> Any:
        inner = self.inner
        space = inner.observation_space(inner.possible_agents[0])["observation"]

        class Opposed(gym.Env):  # type: ignore[misc]
            observation_space, action_space = space, inner.action_space(inner.possible_agents[0])

            def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
                super().reset(seed=seed)
                inner.reset(seed=seed)
                self.own = inner.possible_agents[int(self.np_random.integers(2))]
                return self.wait()[:2]

            def step(self, action: Any) -> Any:
                inner.step(int(action))
                seen, infos, reward, over = self.wait()
                return seen, reward, over, False, infos

            def wait(self) -> Any:
                while True:
                    seen, _, terminated, truncated, _ = inner.last()
                    over = terminated or truncated
                    if over or inner.agent_selection == self.own:
                        seen = inner.observe(self.own)
                        infos = {"action_mask": seen["action_mask"].astype(bool)}
                        return seen["observation"], infos, float(inner.rewards[self.own]), over
                    inner.step(inner.action_space(inner.agent_selection).sample(seen["action_mask"]))

        return Opposed()


def _games(game: str, choose: Choose) -> Unit:
    env = need(f"pettingzoo.classic.{game}").env()

    def play() -> dict[str, float]:
        env.reset(seed=1)
        made = 0
        for agent in env.agent_iter():
            seen, _, terminated, truncated, _ = env.last()
            over = terminated or truncated
            env.step(None if over else choose(env, agent, seen))
            made += not over
        return {"moves": made, "games": 1}

    return play
