"""Boards of PettingZoo environments, turn by turn or all at once: what a moment says, and the environment that goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from games.core import GameSpec
from games.outside import PASS, OutsideFault, World, written

if TYPE_CHECKING:
    from games.pettingzoo import PettingZoo


class ZooWorld(World):
    """A moment of an environment. All that it says is read at once; `env` leaves for the next moment."""

    def __init__(self, game: PettingZoo, env: Any, seed: int, history: bytes, returns: Sequence[float]) -> None:
        self.game, self.env, self.seed, self.history, self.returns = game, env, seed, history, returns
        self.over = not env.agents
        seats = {agent: seat for seat, agent in enumerate(game.agents)}
        self.views: dict[int, NDArray[np.float32]] = {}
        self._legal: dict[int, list[int]] = {}
        for agent, seen, info, acts in self._told():
            if (seat := seats.get(agent)) is None:
                raise OutsideFault(
                    f"{game.spec.name!r} has {agent!r} among its agents, who is none of its possible_agents",
                    hint="name all who ever play in `possible_agents`",
                )
            self.views[seat] = game.spaces.features(seat, seen)
            if acts:
                self._legal[seat] = self._demanded(agent, game.spaces.legal(seat, seen, info))
        self.movers = tuple(self._legal)
        self.shown = self._fingerprint()

    @staticmethod
    def entries(spec: GameSpec) -> int:
        """How many entries of the history a step makes."""
        raise NotImplementedError

    @classmethod
    def first(cls, game: PettingZoo, env: Any, seed: int) -> Self:
        """A fresh board."""
        raise NotImplementedError

    def actions_from(self, done: Sequence[int]) -> Sequence[int]:
        """What all seats do, from the next entries of a history."""
        raise NotImplementedError

    def after(self, actions: Sequence[int], seed: int) -> ZooWorld:
        raise NotImplementedError

    def legal(self, seat: int) -> Sequence[int]:
        return self._legal[seat]

    def view(self, seat: int) -> NDArray[Any]:
        return self.views.get(seat, np.zeros(self.game.spec.observation, np.float32))  # who is out sees nothing

    def text(self) -> str:
        env = self._environment()
        picture = env.render() if getattr(env, "render_mode", None) == "ansi" else None
        self.env = env
        return picture if isinstance(picture, str) and picture.strip() else self._sheet()

    def _told(self) -> list[tuple[str, Any, Mapping[str, Any] | None, bool]]:
        """Of each agent that is in: its name, what it sees, its info, and whether it must act."""
        raise NotImplementedError

    def _environment(self) -> Any:
        """The environment at this moment; where it has gone on, another one that is played up to here."""
        if self.env is not None:
            env, self.env = self.env, None
            return env
        again = self.game.replay(self.seed, self.history)
        if again.shown != self.shown:
            raise OutsideFault(
                f"{self.game.spec.name!r} cannot be copied: played again with the same seed and actions it looks otherwise",
                hint="take all of its chance from the seed that `reset` gets",
            )
        env, again.env = again.env, None
        return env

    def _demanded(self, agent: str, legal: list[int]) -> list[int]:
        if not legal:
            raise OutsideFault(
                f"{self.game.spec.name!r} asks {agent!r}, and its mask allows nothing", hint="whoever is asked needs a move"
            )
        return legal

    def _fingerprint(self) -> int:
        """63 bits of what all see and may do."""
        seen = blake2b(digest_size=8)
        for seat, view in sorted(self.views.items()):
            seen.update(bytes([seat]) + view.tobytes() + written(self._legal.get(seat, ())))
        return int.from_bytes(seen.digest()) >> 1

    def _sheet(self) -> str:
        names = zip(self.game.agents, self.returns, strict=True)
        lines = [
            f"{name}: {paid:g}" + (" <- to act" if seat in self.movers else "") for seat, (name, paid) in enumerate(names)
        ]
        return "\n".join(lines)


class TurnWorld(ZooWorld):
    """An agent-environment cycle: one agent acts at a time."""

    @staticmethod
    def entries(spec: GameSpec) -> int:
        return 1

    @classmethod
    def first(cls, game: PettingZoo, env: Any, seed: int) -> Self:
        env.reset(seed=game.env_seed(seed))
        banked = [0.0] * len(game.agents)
        return cls(game, env, seed, b"", _awake(game, env, banked))

    def actions_from(self, done: Sequence[int]) -> Sequence[int]:
        return [done[0]] * self.game.spec.seats

    def after(self, actions: Sequence[int], seed: int) -> ZooWorld:
        env, (seat,) = self._environment(), self.movers
        banked = [paid - env._cumulative_rewards.get(agent, 0.0) for agent, paid in self._paid()]
        _bank(self.game, env, banked)
        env.step(self.game.spaces.action(seat, actions[seat]))
        returns = _awake(self.game, env, banked)
        return type(self)(self.game, env, seed, self.history + written([actions[seat]]), returns)

    def _paid(self) -> zip[tuple[str, float]]:
        return zip(self.game.agents, self.returns, strict=True)

    def _told(self) -> list[tuple[str, Any, Mapping[str, Any] | None, bool]]:
        env = self.env
        turn = env.agent_selection if env.agents else None
        return [(agent, env.observe(agent), env.infos.get(agent), agent == turn) for agent in env.agents]


def _bank(game: PettingZoo, env: Any, banked: list[float]) -> None:
    """What the agent whose turn it is has been paid since its last one is counted, as its next step clears it."""
    banked[game.agents.index(env.agent_selection)] += float(env._cumulative_rewards[env.agent_selection])


def _awake(game: PettingZoo, env: Any, banked: list[float]) -> list[float]:
    """Lets agents that are out take their leave, until one is on that may act; the returns then."""
    while env.agents and (env.terminations[env.agent_selection] or env.truncations[env.agent_selection]):
        _bank(game, env, banked)
        env.step(None)
    pending = env._cumulative_rewards if env.agents else {}
    return [paid + float(pending.get(agent, 0.0)) for agent, paid in zip(game.agents, banked, strict=True)]


class UnisonWorld(ZooWorld):
    """A parallel environment: all agents that are in act at once. Who is out says 0, and is not heard."""

    def __init__(
        self,
        game: PettingZoo,
        env: Any,
        seed: int,
        history: bytes,
        returns: Sequence[float],
        seen: Mapping[str, Any],
        infos: Mapping[str, Any],
    ) -> None:
        self._seen, self._infos = seen, infos
        super().__init__(game, env, seed, history, returns)

    @staticmethod
    def entries(spec: GameSpec) -> int:
        return spec.seats

    @classmethod
    def first(cls, game: PettingZoo, env: Any, seed: int) -> Self:
        seen, infos = env.reset(seed=game.env_seed(seed))
        return cls(game, env, seed, b"", [0.0] * len(game.agents), seen, infos)

    def actions_from(self, done: Sequence[int]) -> Sequence[int]:
        return done

    def after(self, actions: Sequence[int], seed: int) -> ZooWorld:
        env = self._environment()
        said = [action if seat in self.movers else PASS for seat, action in enumerate(actions)]
        acts = {self.game.agents[seat]: self.game.spaces.action(seat, said[seat]) for seat in self.movers}
        seen, rewards, _, _, infos = env.step(acts)
        returns = [
            paid + float(rewards.get(agent, 0.0)) for agent, paid in zip(self.game.agents, self.returns, strict=True)
        ]
        return type(self)(self.game, env, seed, self.history + written(said), returns, seen, infos)

    def _told(self) -> list[tuple[str, Any, Mapping[str, Any] | None, bool]]:
        try:
            return [(agent, self._seen[agent], self._infos.get(agent), True) for agent in self.env.agents]
        except KeyError as missing:
            raise OutsideFault(
                f"{self.game.spec.name!r} has {missing} among its agents, and shows it nothing",
                hint="let `reset` and `step` answer for all who are in `agents`",
            ) from None
