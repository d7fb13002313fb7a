"""An agent against its best response: what the one opponent wins that knows how it plays. Exact, for small games."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class BestResponse:
    """How an agent fares against itself and against its best response, in each seat."""

    game: str
    agent: str
    found: Exploitability

    def rows(self) -> tuple[Sequence[str], list[Sequence[str]]]:
        """Headers, and a row for each seat, told from that seat."""
        headers = ("seat", "against itself", "a best response against it")
        pairs = zip(self.found.values, self.found.best, strict=True)
        return headers, [(str(seat), signed(own), signed(best)) for seat, (own, best) in enumerate(pairs)]

    def __str__(self) -> str:
        told = f"exploitability {self.found.exploitability:.4f}, NashConv {self.found.nash_conv:.4f}"
        return f"{told}: mean returns a match of {safe(self.game)}, exact"

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        return {
            "schema": 1,
            "game": self.game,
            "agent": self.agent,
            "exact": True,
            "exploitability": self.found.exploitability,
            "nash_conv": self.found.nash_conv,
            "values": list(self.found.values),
            "best_response": list(self.found.best),
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """For each seat two bars: what the agent earns against itself, and what its best response earns from it."""
        title = f"{safe(self.agent)}: exploitability {self.found.exploitability:.4f}"
        draw_sides(axes[0], {"itself": self.found.values, "a best response": self.found.best}, title=title)


def draw_sides(axes: Axes, earned: Mapping[str, Sequence[float]], *, title: str, side: str = "seat") -> None:
    """Bars for what is earned on each side, by who it is that is met there."""
    for shift, (name, returns) in zip((-0.2, 0.2), earned.items(), strict=True):
        axes.bar([place + shift for place in range(len(returns))], returns, width=0.4, label=name)
        axes.set_xticks(range(len(returns)), [f"{side} {place}" for place in range(len(returns))])
    axes.set_title(title, fontsize=9)
    axes.axhline(0, color="0.7", linewidth=1)
    axes.legend(fontsize=7)


def signed(value: float) -> str:
    """A mean return as cells have it, without a zero below zero."""
    return f"{round(value, 4) + 0.0:+.4f}"


@torch_settings.fixed()
def respond(game: Game, spec: str, *, name: str, weights: bytes | None = None) -> BestResponse:
    """Judges an agent by its spec and, where it has learned, its weights; a learner without any as it begins.

    Raises `NotExact` for games that cannot be written out, `ArenaError` for agents that do not tell their probabilities.
    """
    agent = make_agent(spec, game.spec)  # first: who is none is not to be told of the game's size
    try:
        tree = grow(game)
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
