"""What was learned elsewhere joins the league: a policy becomes a checkpoint, and its training games are remembered.

To the league it is a season in which one agent trained and nobody played: so the tally, the reasons of each draw and the
line of descent are told as they are of any learner.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

from torch import nn

from agents.torch_policy import described
from agents.weights import pack
from arena.encounters import tally_rows
from arena.errors import BadConfig
from arena.health import examine
from arena.match import Checkpoint, Entrant
from arena.names import lawful
from arena.opponents import Opponents
from arena.reckoning import close_round
from arena.registration import seed_of
from arena.rows import DrawRow
from arena.store import Store
from games.core import Game
from games.errors import BadSpec

ELSEWHERE = "learned elsewhere"  # the name of such a season's setting


@dataclass(frozen=True)
class Snapshot:
    """A policy as it is to join: what makes it, its weights, and what it descends from."""

    name: str
    spec: str
    weights: bytes
    game: str
    parent: str | None = None
    steps: int = 0  # decisions that it has learned from, all in all

    @classmethod
    def of(
        cls,
        policy: Any,
        name: str,
        *,
        game: str,
        parent: str | None,
        make: str | None,
        steps: int,
        greedy: bool,
        show_seat: bool,
    ) -> Self:
        """A policy that can be made again: a torch module, or what has one as its `policy`. Raises `BadSpec`."""
        network = policy if isinstance(policy, nn.Module) else getattr(policy, "policy", None)
        if not isinstance(network, nn.Module):
            raise BadSpec(
                f"expected a torch module, or a model with one as its policy, got a {type(policy).__name__}",
                hint="what has no weights is registered by name: league.register(NAME, 'my_bots:function', game=GAME)",
            )
        spec, weights = described(network, make=make, greedy=greedy, show_seat=show_seat)
        return cls(lawful(name), spec, pack(weights), game, parent, steps)

    def join(self, rules: Game, holding: AbstractContextManager[Store], opponents: Opponents | None = None) -> Checkpoint:
        """Examines the policy, then freezes it as the agent's next version; `opponents` are those of its environment.

        Raises `CheckFailed`, `BadWeights`, and `BadConfig` where the agent is another one's, or its newest checkpoint is
        not `parent`.
        """
        newcomer = examine(self.spec, rules, seed=seed_of(self.name), policy=self.weights)
        assert newcomer.policy is not None, "it plays by weights"
        with holding as store:
            known = next((one for one in store.entrants(retired=True) if one.name == self.name), None)
            if known is None:
                store.add_game(self.game, rules.spec)
                entrant = Entrant(self.name, self.spec, self.game, parent=self.parent, seed=seed_of(self.name))
                made = store.register(entrant, weights=newcomer.policy, steps=self.steps)
                if opponents is not None:
                    self._remember(store, made, opponents, weights=None)
                return made
            self._must_continue(known, store.checkpoint(self.name))
            return self._remember(store, store.checkpoint(self.name), opponents, weights=newcomer.policy)

    def _must_continue(self, known: Entrant, newest: Checkpoint) -> None:
        other = f"register it under a name of its own, with parent={str(newest)!r}"
        if known.game != self.game:
            raise BadConfig(f"{self.name!r} plays {known.game}, not {self.game}", hint="choose another name")
        if known.learns or known.spec != self.spec:
            raise BadConfig(f"{self.name!r} is {known.spec}, and this policy is {self.spec}", hint=other)
        if self.parent is not None and self.parent != str(newest):
            raise BadConfig(f"the newest checkpoint of {self.name!r} is {newest}, not {self.parent}", hint=other)

    def _remember(
        self, store: Store, newest: Checkpoint, opponents: Opponents | None, *, weights: bytes | None
    ) -> Checkpoint:
        """The season of what was learned, closed."""
        tally, met = opponents.lessons() if opponents is not None else (None, ())
        season = store.open_season(self.game, settings={ELSEWHERE: True, "rounds": 1}, seed=0, entrants=[self.name])
        store.open_round(season.id, 0, _pool(newest, met))
        frozen = store.save_training(
            season.id,
            0,
            self.name,
            state=None,
            weights=weights,
            tally=tally_rows(tally, met) if tally is not None else (),
            metrics={},
            steps=self.steps,
            drawn=met,
        )
        close_round(store, season, 0, results=())
        store.close_season(season.id)
        return frozen or newest


def _pool(newest: Checkpoint, met: Sequence[DrawRow]) -> list[Checkpoint]:
    return list(dict.fromkeys([newest, *(row.opponent for row in met)]))
