"""Whom a question is about: found in the league by what they are called, or said why it cannot be asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from arena.errors import BadConfig, NotFound
from arena.match import Checkpoint
from arena.names import in_shell
from arena.ratings.model import Standings

if TYPE_CHECKING:
    from arena.store import Store


def won(store: Store, game: str | None) -> str:
    """The game meant, by default that played last. Raises `BadConfig` where it is not about beating others."""
    text = store.game_meant(game)
    if store.game(text).flavour != "competitive":
        raise BadConfig(f"{text} is not about beating others", hint="see what everybody earned: arena analyze payoff")
    return text


def opponents(store: Store, one: str, other: str) -> tuple[tuple[Checkpoint, Checkpoint], str]:
    """Two checkpoints, 'alice@3' or 'alice' (newest), and the game of both. Raises `NotFound`, `BadConfig`."""
    pair = store.checkpoint(one), store.checkpoint(other)
    text = one_game(store, pair)
    if pair[0] == pair[1]:
        raise BadConfig(f"{pair[0]} is compared with itself", hint="name another checkpoint, as in alice@1")
    return pair, text


def one_game(store: Store, cast: Iterable[Checkpoint]) -> str:
    """The game that all of them play. Raises `BadConfig` where there are two."""
    games = {store.entrant(agent).game for agent in {who.agent for who in cast}}
    if len(games) > 1:
        raise BadConfig(f"they play different games: {', '.join(sorted(games))}", hint="choose agents of one game")
    return games.pop()


def called(store: Store, name: str) -> list[Checkpoint]:
    """All checkpoints of 'alice', or the one that is 'alice@3'. Raises `NotFound`, `BadName`."""
    return [store.checkpoint(name)] if "@" in name else [row.checkpoint for row in store.checkpoints(agent=name)]


def check_rated(who: Checkpoint, standings: Standings, game: str) -> None:
    """Raises `NotFound` for a checkpoint that has proved nothing yet, naming the newest of its agent that has."""
    if who in standings.ratings:
        return
    known = [one for one in standings.ratings if one.agent == who.agent]
    newest = max(known, key=lambda one: one.version, default=None)
    cure = f"its newest that has been is {newest}" if newest else f"let it play: arena season run --game {in_shell(game)}"
    raise NotFound(f"{who} has not been rated yet", hint=cure)
