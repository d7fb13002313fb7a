"""An agent against its best response: what the one opponent wins that knows how it plays. Exact, for small games."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.core import Learner
from agents.registry import make_agent
from agents.table import read_table
from agents.weights import unpack
from arena import torch_settings
from arena.analysis.exploitability import Exploitability, exploitability
from arena.names import safe
from arena.roster import let_go
from games.core import Game
from games.errors import ArenaError, CheckFailed
from games.foreign import Raised, foreign
from games.tree import grow


@dataclass(frozen=True)
class BestResponse:
    """How an agent fares against itself and against its best response, in each seat."""

    game: str
    agent: str
    found: Exploitability

    def rows(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Headers, and a row for each seat, told from that seat."""
        headers = ("seat", "against itself", "a best response against it")
        pairs = zip(self.found.values, self.found.best, strict=True)
        return headers, [(str(seat), _signed(own), _signed(best)) for seat, (own, best) in enumerate(pairs)]

    def __str__(self) -> str:
        told = f"exploitability {self.found.exploitability:.4f}, NashConv {self.found.nash_conv:.4f}"
        return f"{told}: mean returns a match of {safe(self.game)}, exact"

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        return {
            "schema": 1,
            "game": self.game,
            "agent": self.agent,
            "exploitability": self.found.exploitability,
            "nash_conv": self.found.nash_conv,
            "values": list(self.found.values),
            "best_response": list(self.found.best),
        }


def _signed(value: float) -> str:
    return f"{round(value, 4) + 0.0:+.4f}"  # without a zero below zero


@torch_settings.fixed()
def respond(game: Game, spec: str, *, name: str, weights: bytes | None = None) -> BestResponse:
    """Judges an agent by its spec and, where it has learned, its weights; a learner without any as it begins.

    Raises `NotExact` for games that cannot be written out, `ArenaError` for agents that do not tell their probabilities.
    """
    tree = grow(game)
    agent = make_agent(spec, game.spec)
    try:
        with foreign(ArenaError):
            if isinstance(agent, Learner):
                policy = agent.policy()
                agent = agent.frozen([unpack(weights, policy) if weights is not None else policy])
            table = read_table(agent, tree)
    except Raised as raised:
        raise CheckFailed(f"{spec!r} cannot tell its probabilities: {raised}") from raised.__cause__
    finally:
        let_go(agent)
    return BestResponse(game.spec.name, name, exploitability(tree, table))
