"""The analyst: questions to a league's matches that no rating alone answers, each a command of `arena analyze`.

    league.analyze.payoff("connect_four")
    league.analyze.exploitability("alice@3")

Every answer is a frozen value that prints itself and has `as_json()`; the formulas are in `arena.analysis`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arena.analysis.crossplay import CrossPlay
from arena.analysis.payoff import PayoffTable
from arena.errors import BadConfig
from games.registry import Spec

if TYPE_CHECKING:
    from arena.best_response import BestResponse
    from arena.store import Store
    from games.core import Game


@dataclass(frozen=True)
class Analyst:
    """Asks a league; `League.analyze` makes one. Without a game the one that was played last is meant."""

    reading: Callable[[], Store]  # opens the league's file
    rules: Callable[[str], Game]  # of a game's spec

    def payoff(self, game: str | None = None) -> PayoffTable:
        """Everybody's results against everybody."""
        with self.reading() as store:
            text = _named(store, game)
            return PayoffTable(store.payoffs(text), by="win_rate" if store.game(text).flavour == "competitive" else "mean")

    def crossplay(self, game: str | None = None) -> CrossPlay:
        """How teams fare with themselves and with strangers. Raises `BadConfig` where the game is not cooperative."""
        with self.reading() as store:
            text = _named(store, game)
            if store.game(text).flavour != "cooperative":
                raise BadConfig(f"{text} is not cooperative", hint="see what they earned: arena analyze payoff")
            return CrossPlay(PayoffTable(store.payoffs(text), by="mean"))

    def exploitability(self, agent: str, *, game: str | None = None) -> BestResponse:
        """What a best response wins from 'alice@3' or 'alice' (newest), or, with a game, from any agent's spec. Exact.

        Raises `NotExact` where the game is not small enough, `ArenaError` where the agent does not tell its probabilities.
        """
        from arena.best_response import respond

        if game is not None:
            return respond(self.rules(game), agent, name=agent)
        with self.reading() as store:
            found = store.checkpoint(agent)
            weights = store.weights(found.weights) if found.weights else None
            return respond(self.rules(store.entrant(found.agent).game), found.spec, name=str(found), weights=weights)


def _named(store: Store, game: str | None) -> str:
    return store.latest_game() if game is None else str(Spec.parse(game))
