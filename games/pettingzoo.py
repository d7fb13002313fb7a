"""PettingZoo's environments (Terry et al. 2021, arXiv:2009.14471) as games of the arena, turn by turn (AEC) or all at once.

    pettingzoo("pettingzoo.classic:connect_four_v3")
    pettingzoo("my_envs:Tag", return_range=(-10, 10), teams={"cat": 0, "mouse_0": 1, "mouse_1": 1})

Observation  the agents' own where they are arrays of one shape, else flat and filled up to the longest.
Actions      those of Discrete spaces; what is legal is read from `action_mask` in the observation or the info.
Returns      the sum of what an agent was paid, in the order of `possible_agents`.

An environment goes from step to step as it is, and one that is wanted at an earlier moment is played up to it from its
seed; so it must take all of its chance from there. Needs the extra `pettingzoo`.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pkgutil import iter_modules
from typing import Any

from games.arguments import number, one_of, whole
from games.arguments import options as keywords
from games.chance import derive
from games.core import GameSpec
from games.errors import ArenaError, BadSpec, CannotLoad, MissingExtra
from games.foreign import Raised, foreign
from games.outside import MOST_SEATS, OutsideGame, World, entries
from games.registry import GAMES, Spec, vouch
from games.zoo_spaces import Spaces
from games.zoo_worlds import TurnWorld, UnisonWorld, ZooWorld

_FAMILIES = ("atari", "butterfly", "classic", "sisl")  # of PettingZoo's own, each with packages of its own
_FLAVOURS = ("competitive", "cooperative", "mixed")
_SEED = 0x5EED  # parts an environment's seed from all else that a board's seed gives
_TRIED = 8  # steps of a try-out


def pettingzoo(
    env: str,
    flavour: str = "competitive",
    return_range: Sequence[float] = (-1.0, 1.0),
    teams: Mapping[str, Any] | None = None,
    max_steps: int = 1000,
    options: Mapping[str, Any] | None = None,
) -> PettingZoo:
    """The environment that "module:attr" makes with the keywords `options`, or the module of PettingZoo's of that name.

    `return_range` is the least and the most that an agent is paid in all, `teams` maps agents to teams, `max_steps` ends
    what would not. Raises `MissingExtra`, `CannotLoad`, or `BadSpec` for an environment that a league cannot play.
    """
    if not isinstance(env, str) or ":" not in env:
        raise BadSpec(
            f'an environment is named as "module:env", got {env!r}',
            hint=f"write pettingzoo({_parted(env)!r})",
        )
    make = _maker(env, keywords(options))
    try:
        with foreign(ArenaError):
            game = PettingZoo(
                make,
                name=env.rpartition(":")[2],
                flavour=flavour,
                return_range=return_range,
                teams=teams,
                max_steps=max_steps,
            )
            game.try_out()
    except Raised as raised:
        raise BadSpec(
            f"{env!r} does not play as PettingZoo's environments do: {raised}",
            hint="see what its own checks say: pettingzoo.test.api_test(env), or parallel_api_test(env)",
        ) from raised.__cause__
    return game


def _parted(env: object) -> str:
    """How a name would be written that lacks its colon."""
    package, _, name = env.removesuffix(".py").rpartition(".") if isinstance(env, str) else ("", "", "")
    if isinstance(env, str) and env.endswith(".py") and env.removesuffix(".py").isidentifier():
        return f"{env.removesuffix('.py')}:env"
    return f"{package}:{name}" if package and name.isidentifier() else "pettingzoo.classic:connect_four_v3"


class PettingZoo(OutsideGame):
    """An environment that `make` makes. Raises `BadSpec` where a league cannot play it."""

    def __init__(
        self,
        make: Callable[[], Any],
        *,
        name: str,
        flavour: str = "competitive",
        return_range: Sequence[float] = (-1.0, 1.0),
        teams: Mapping[str, Any] | None = None,
        max_steps: int = 1000,
    ) -> None:
        from pettingzoo import ParallelEnv

        self._make, first = make, make()
        self._idle = [first]
        self.agents = _agents_of(first, name)
        self.spaces = Spaces(first, self.agents)
        self._world: type[ZooWorld] = UnisonWorld if isinstance(first, ParallelEnv) else TurnWorld
        low, high = _range(return_range)
        spec = GameSpec(
            name=f"pettingzoo.{name}",
            version=1,
            flavour=one_of("flavour", flavour, _FLAVOURS),  # type: ignore[arg-type]
            seats=len(self.agents),
            actions=self.spaces.actions,
            observation=self.spaces.shape,
            max_steps=whole("max_steps", max_steps, low=1, high=1_000_000),
            return_range=(low, high),
            teams=_teams(teams, self.agents),
            simultaneous=self._world is UnisonWorld,
        )
        super().__init__(spec, longest=spec.max_steps * self._world.entries(spec))

    def begin(self, seed: int) -> ZooWorld:
        env = self._idle.pop() if self._idle else self._make()
        return self._world.first(self, env, seed)

    def replay(self, seed: int, history: bytes, since: World | None = None) -> ZooWorld:
        world, done = self.begin(seed), entries(history)
        while len(world.history) < len(history):
            made = len(world.history) // 4
            world = world.after(world.actions_from(done[made : made + self.spec.seats]), seed)
        return world

    def env_seed(self, seed: int) -> int:
        """What `reset` is given for a board's seed: 31 bits, as old generators take no more."""
        return derive(seed, _SEED) >> 32

    def let_go(self, world: World) -> None:
        assert isinstance(world, ZooWorld)
        if world.env is not None:
            self._idle.append(world.env)
            world.env = None

    def try_out(self) -> None:
        """Plays a few steps twice. Raises `BadSpec` where the same seed and actions look otherwise the second time."""
        world, twin = self.begin(1), self._world.first(self, self._make(), 1)
        for step in range(_TRIED):
            if (world.shown, world.movers, world.returns) != (twin.shown, twin.movers, twin.returns):
                raise BadSpec(
                    f"{self.spec.name!r} is not the same again after reset(seed=...), so no replay would be exact",
                    hint="take all of its chance from the seed that `reset` gets",
                )
            if world.over:
                break
            acts = [0] * self.spec.seats
            for seat in world.movers:
                legal = world.legal(seat)
                acts[seat] = legal[derive(1, step, seat) % len(legal)]
            world, twin = world.after(acts, 1), twin.after(acts, 1)
        for tried in (world, twin):
            self.let_go(tried)


def _maker(target: str, options: dict[str, Any]) -> Callable[[], Any]:
    """What makes an environment. Raises `MissingExtra`, `CannotLoad`, `BadSpec`."""
    try:
        from pettingzoo import AECEnv, ParallelEnv
    except ImportError as error:
        raise MissingExtra("PettingZoo is not installed", hint="pip install 'arena-league[pettingzoo]'") from error
    try:
        found = GAMES.find(Spec(target))
    except CannotLoad as error:
        family = target.removeprefix("pettingzoo.").partition(":")[0]
        if "ModuleNotFoundError" in error.cause and family in _FAMILIES:
            raise MissingExtra(error.cause, hint=f"pip install 'pettingzoo[{family}]'") from error
        raise
    for way in ("parallel_env", "env"):  # PettingZoo's own environments are modules; all at once is their shorter way
        found = getattr(found, way, found) if not callable(found) else found
    if inspect.ismodule(found):
        raise BadSpec(f"{target!r} is a module, and has neither `env` nor `parallel_env`", hint=_numbered(target))
    if callable(found):
        vouch(found, target, AECEnv, ParallelEnv, kin="pettingzoo")
    made = _made(target, found, options)
    if not isinstance(made, (AECEnv, ParallelEnv)):
        raise BadSpec(
            f"{target!r} makes a {type(made).__name__}, not an environment of PettingZoo's",
            hint="name a class or function that makes an AECEnv or a ParallelEnv",
        )
    if "ansi" in made.metadata.get("render_modes", ()) and "render_mode" not in options:
        options = {**options, "render_mode": "ansi"}
    return lambda: _made(target, found, options)


def _numbered(target: str) -> str:
    """What may have been meant by a module: its neighbour that has a version, as PettingZoo's environments are named."""
    package, _, name = target.partition(":")
    found = [part.name for part in iter_modules(getattr(sys.modules[package], "__path__", ()))]
    newest = max((part for part in found if re.fullmatch(rf"{re.escape(name)}_v\d+", part)), key=_version, default=None)
    return f'write pettingzoo("{package}:{newest}")' if newest else "name a class or function that makes an environment"


def _version(name: str) -> int:
    return int(name.rpartition("_v")[2])


def _made(target: str, found: Any, options: Mapping[str, Any]) -> Any:
    try:
        with foreign():
            return found(**options)
    except Raised as raised:
        raise BadSpec(f"{target!r} cannot be made: {raised}", hint='its keywords are options={"name": value}') from raised


def _agents_of(env: Any, name: str) -> tuple[str, ...]:
    agents = tuple(getattr(env, "possible_agents", ()))
    if not 2 <= len(agents) <= MOST_SEATS:
        raise BadSpec(
            f"a league plays games of 2 to {MOST_SEATS} agents, {name!r} has {len(agents)} possible_agents",
            hint="many environments take their number among options={...}",
        )
    return agents


def _range(return_range: Sequence[float]) -> tuple[float, float]:
    if not isinstance(return_range, (tuple, list)) or len(return_range) != 2:
        raise BadSpec(f"return_range must be (lowest, highest), got {return_range!r}")
    low = number("return_range", return_range[0])
    return low, number("return_range", return_range[1], low=low)


def _teams(teams: Mapping[str, Any] | None, agents: Sequence[str]) -> tuple[int, ...]:
    """The team of each seat, numbered as they come."""
    if teams is None:
        return ()
    if not isinstance(teams, Mapping) or set(teams) != set(agents):
        raise BadSpec(f"teams must name the team of each agent, {', '.join(map(repr, agents))}, got {teams!r}")
    order = list(dict.fromkeys(teams[agent] for agent in agents))
    return tuple(order.index(teams[agent]) for agent in agents)
