"""A league in a box for competitive agents.

from arena import League
league = League("league.db")
league.register("alice", "ppo(lr=3e-4)", game="connect_four")
league.register("minimax-2", "minimax(depth=2)", game="connect_four")
league.run_season("connect_four", rounds=10)
print(league.leaderboard("connect_four"))
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import agents
import games

if TYPE_CHECKING:
    from arena.league import League

__all__ = ["League"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`League` on first use, so that `arena --help` need not wait for a database library."""
    if name == "League":
        from arena.league import League

        return League
    raise AttributeError(f"module 'arena' has no attribute {name!r}")


def _ours(package: ModuleType) -> None:
    """Other distributions install packages of these names as well; whichever lies first on the path wins."""
    if getattr(package, "DISTRIBUTION", None) != "arena-league":
        from importlib.metadata import packages_distributions

        others = set(packages_distributions().get(package.__name__, [])) - {"arena-league"}
        raise ImportError(
            f"the package {package.__name__!r} at {package.__file__} is not arena-league's"
            + (f"; it may come from {', '.join(sorted(others))}" if others else "")
            + ": install arena-league in an environment of its own"
        )


_ours(agents)
_ours(games)
