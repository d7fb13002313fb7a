"""What a scripted agent needs of its game: said once, in words that name the cure."""

from __future__ import annotations

from games.errors import BadSpec
from games.spec import GameSpec


def need(met: bool, game: GameSpec, *, agent: str, needs: str) -> None:
    """Raises `BadSpec` unless the game is what the agent was written for."""
    if not met:
        seats = f"{game.seats} {'simultaneous' if game.simultaneous else 'alternating'} seats"
        raise BadSpec(
            f"{agent} needs {needs}, got {game.name!r} with {seats}, {game.actions} actions, views {game.observation}",
            hint=f"'uniform' plays any game; {agent} does not play {game.name!r}",
        )
