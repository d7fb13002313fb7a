"""What was learned elsewhere joins the league: a policy becomes a checkpoint, and its training games are remembered.

To the league it is a season in which one agent trained and nobody played: so the tally, the reasons of each draw and the
line of descent are told as they are of any learner.
"""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

from torch import nn

from agents.description import described, named
from agents.weights import pack
from arena.encounters import tally_rows
from arena.errors import BadConfig
from arena.health import examine
from arena.match import Checkpoint, Entrant
from arena.names import lawful
from arena.opponents import Lessons, Opponents
from arena.reckoning import close_round
from arena.registration import seed_of
from arena.store import Store
from arena.tally import Count, Tally
from games.core import Game
from games.errors import BadSpec
from games.spec import GameSpec

ELSEWHERE = "learned elsewhere"  # the name of such a season's setting


@dataclass(frozen=True)
class Snapshot:
    """A policy as it is to join: what makes it, its weights if it has any, and what it descends from."""

    name: str
    spec: str
    weights: bytes | None
    game: str
    parent: str | None = None

    @classmethod
    def of(
        cls,
        policy: Any,
        name: str,
        *,
        game: str,
        rules: GameSpec,
        parent: str | None,
        make: str | None,
        greedy: bool,
        show_seat: bool,
    ) -> Self:
        """A policy that can be made again: a torch module, what has one as its `policy`, or what has a name.

        Raises `BadSpec`, `BadWeights`.
        """
        network = policy if isinstance(policy, nn.Module) else getattr(policy, "policy", None)
        if isinstance(network, nn.Module):
            _require_plain(policy)
            spec, weights = described(network, rules, make=make, greedy=greedy, show_seat=show_seat)
            return cls(lawful(name), spec, pack(weights), game, parent)
        if make is not None or greedy:
            raise BadSpec(
                f"'make' and 'greedy' are for torch modules, got a {type(policy).__name__}",
                hint="a function of an observation answers its actions itself, and is found again by its name",
            )
        return cls(lawful(name), named(policy), None, game, parent)

    def join(self, rules: Game, holding: AbstractContextManager[Store], opponents: Opponents | None = None) -> Checkpoint:
        """Examines the policy, then freezes it as the agent's next version; `opponents` are those of its environment.

        Raises `CheckFailed`, `BadWeights`, and `BadConfig` where the agent is another one's, or its newest checkpoint is
        not `parent`.
        """
        newcomer = examine(self.spec, rules, seed=seed_of(self.name), policy=self.weights)
        with holding as store:
            lessons = opponents.lessons() if opponents is not None else _NONE
            known = next((one for one in store.entrants(retired=True) if one.name == self.name), None)
            if known is not None:
                made = self._go_on(store, known, lessons, weights=newcomer.policy)
            else:
                store.add_game(self.game, rules.spec)
                entrant = Entrant(self.name, self.spec, self.game, parent=self.parent, seed=seed_of(self.name))
                made = store.register(entrant, weights=newcomer.policy, steps=lessons.decisions)
                if opponents is not None:
                    self._remember(store, lessons, steps=lessons.decisions)
            if opponents is not None:
                opponents.remembered()
            return made

    def _go_on(self, store: Store, known: Entrant, lessons: Lessons, *, weights: bytes | None) -> Checkpoint:
        """The next version of an agent; without weights it is the one that it was."""
        newest = store.checkpoint(self.name)
        self._must_continue(known, newest)
        steps = store.learning(self.name).steps + lessons.decisions
        return self._remember(store, lessons, steps=steps, weights=weights) or newest

    def _must_continue(self, known: Entrant, newest: Checkpoint) -> None:
        other = f"register it under a name of its own, with parent={str(newest)!r}"
        if known.game != self.game:
            raise BadConfig(f"{self.name!r} plays {known.game}, not {self.game}", hint="choose another name")
        if known.learns or known.spec != self.spec:
            raise BadConfig(f"{self.name!r} is {known.spec}, and this policy is {self.spec}", hint=other)
        if self.parent is not None and self.parent != str(newest):
            raise BadConfig(f"the newest checkpoint of {self.name!r} is {newest}, not {self.parent}", hint=other)

    def _remember(self, store: Store, lessons: Lessons, *, steps: int, weights: bytes | None = None) -> Checkpoint | None:
        """The season of what was learned, closed, and what was frozen in it."""
        season = store.open_season(self.game, settings={ELSEWHERE: True, "rounds": 1}, seed=0, entrants=[self.name])
        store.open_round(season.id, 0, _pool(store.checkpoint(self.name), lessons))
        frozen = store.save_training(
            season.id,
            0,
            self.name,
            state=None,
            weights=weights,
            tally=tally_rows(_added(lessons, _known(store, self.name)), lessons.met),
            metrics={},
            steps=steps,
            drawn=lessons.met,
        )
        close_round(store, season, 0, results=())
        store.close_season(season.id)
        return frozen


_NONE = Lessons(Tally(), Tally(), (), 0)


def _known(store: Store, learner: str) -> Tally:
    """What a learner remembers by now, of other environments too."""
    return Tally({row.opponent: Count(row.games, row.wins, row.draws, row.quality) for row in store.tally(learner)})


def _added(lessons: Lessons, known: Tally) -> Tally:
    """What is known after the lessons: another environment may have added others since they began."""
    games: Counter[Checkpoint] = Counter()
    for row in lessons.met:
        games[row.opponent] += row.games
    return lessons.tally.carried(lessons.begun, known, games)


def _require_plain(policy: Any) -> None:
    """Raises `BadSpec` for a model of Stable-Baselines3's whose observations are changed before its policy sees them."""
    normalizer = getattr(policy, "get_vec_normalize_env", lambda: None)()
    if normalizer is not None and normalizer.norm_obs:
        raise BadSpec(
            "the policy learned from normalised observations, which a match does not show it",
            hint="train with VecNormalize(env, norm_obs=False); rewards may be normalised",
        )


def _pool(newest: Checkpoint, lessons: Lessons) -> list[Checkpoint]:
    return list(dict.fromkeys([newest, *(row.opponent for row in lessons.met)]))
