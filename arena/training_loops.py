"""The part of the league that training loops of a user's own see: environments to learn in, and snapshots that join it.

env = league.env("connect_four", opponents="pfsp", learner="alice")
...                                                     # any loop that learns in a gymnasium environment
league.snapshot(model, "alice", env=env)                # alice@1, in every later season, and in every later env
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from arena.door import Door
from arena.errors import BadConfig
from arena.match import Checkpoint
from arena.names import folded, lawful
from games.registry import GAMES, Spec

if TYPE_CHECKING:
    from arena.env import LeagueEnv
    from arena.environments import Environments
    from arena.vector_env import LeagueVectorEnv
    from games.core import Game


_ANYBODY = "learner"  # who learns in an environment unless it is said


class TrainingLoops(Door):
    """Opponents for anybody's learner, and a place in the league for what it has learned."""

    def env(
        self,
        game: str,
        *,
        opponents: str = "pfsp",
        seat: int | Literal["random", "rotate"] = "random",
        learner: str = _ANYBODY,
        show_seat: bool = False,
        render_mode: str | None = None,
        seed: int = 0,
    ) -> LeagueEnv:
        """A gymnasium environment in which a learner from elsewhere meets the league's checkpoints (see `arena.env`).

        `opponents` is an opponent mix, drawn from for each match; `learner` the name under which its snapshots come in.
        Raises `MissingExtra`, `NotFound` where nobody is there to be met, `BadSpec`, `BadConfig`.
        """
        made = self._environments(game, learner, opponents)
        return made.one(seat=seat, seed=seed, show_seat=show_seat, render_mode=render_mode)

    def vector_env(
        self,
        game: str,
        *,
        boards: int = 256,
        opponents: str = "pfsp",
        seat: int | Literal["random", "rotate"] = "random",
        learner: str = _ANYBODY,
        show_seat: bool = False,
        render_mode: str | None = None,
        seed: int = 0,
    ) -> LeagueVectorEnv:
        """The same with many boards, played as one batch (see `arena.vector_env`)."""
        made = self._environments(game, learner, opponents)
        return made.many(boards, seat=seat, seed=seed, show_seat=show_seat, render_mode=render_mode)

    def snapshot(
        self,
        policy: Any,
        name: str,
        *,
        env: LeagueEnv | LeagueVectorEnv | None = None,
        game: str | None = None,
        parent: str | None = None,
        make: str | None = None,
        greedy: bool = False,
    ) -> Checkpoint:
        """Freezes a policy that was trained elsewhere as the newest checkpoint of `name` (see `arena.elsewhere`).

        `policy` is a torch module from flat observations to logits, or a model whose `policy` is one; `make` names what
        makes it again ('my_nets:Net(width=64)') where its layers do not say it. It may also be a function of an observation
        (see `agents.core`) in a module of the user's, which joins by its name. `env` is the environment in which it was
        trained: whom it met there is remembered; without one, say the `game`. `parent` must be the newest checkpoint of
        `name`; for a new name, what it descends from. Raises `BadSpec`, `CheckFailed`, `BadConfig`, `LeagueHeld`.
        """
        from arena.elsewhere import Snapshot

        said = str(Spec.parse(game)) if game is not None else None
        text = env.game if env is not None else said
        if text is None:
            raise BadConfig("expected the environment of the training, or the game", hint="env=env, or game='connect_four'")
        if said not in (None, text):
            raise BadConfig(f"the environment is one of {text}, not of {said}", hint="leave the game out")
        if env is not None and env.opponents.name != _ANYBODY and folded(env.opponents.name) != folded(name):
            raise BadConfig(
                f"the environment is {env.opponents.name}'s, who would be robbed of what it met there, not {name}'s",
                hint=f"open it with learner={name!r}",
            )
        rules: Game = GAMES.make(text)
        snapshot = Snapshot.of(
            policy,
            name,
            game=text,
            rules=rules.spec,
            parent=parent,
            make=make,
            greedy=greedy,
            show_seat=env is not None and env.show_seat,
        )
        return snapshot.join(rules, self._holding(make=True), env.opponents if env is not None else None)

    def _environments(self, game: str, learner: str, opponents: str) -> Environments:
        from arena.environments import Environments

        return Environments(self._reading, str(Spec.parse(game)), GAMES.make(game), lawful(learner), opponents)
