"""Environments of the league: who is met in them comes from the league as it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arena.assignment import candidates, tally_of
from arena.boards import Boards, Seat
from arena.errors import NotFound
from arena.names import in_shell
from arena.opponents import Opponents
from arena.pool import Candidate, Pool
from arena.ratings import RATINGS
from arena.roster import Roster
from arena.tally import Tally
from games.errors import MissingExtra

if TYPE_CHECKING:
    from arena.env import LeagueEnv
    from arena.store import Store
    from arena.vector_env import LeagueVectorEnv
    from games.core import Game


@dataclass(frozen=True)
class Environments:
    """Makes environments of one game, `text`, in which the learner `name` meets opponents by a mix."""

    reading: Callable[[], Store]
    text: str
    rules: Game
    name: str
    mix: str

    def one(self, *, seat: Seat, seed: int, show_seat: bool, render_mode: str | None) -> LeagueEnv:
        """One board. Raises `MissingExtra`, `NotFound`, `BadSpec`, `BadConfig`."""
        _require_gymnasium()
        from arena.env import LeagueEnv

        return LeagueEnv(self._boards(1, seat, seed), self.text, show_seat=show_seat, render_mode=render_mode)

    def many(self, count: int, *, seat: Seat, seed: int, show_seat: bool, render_mode: str | None) -> LeagueVectorEnv:
        """Many boards in one batch. Raises as `one` does."""
        _require_gymnasium()
        from arena.vector_env import LeagueVectorEnv

        boards = self._boards(count, seat, seed)
        return LeagueVectorEnv(boards, self.text, show_seat=show_seat, render_mode=render_mode)

    def _boards(self, count: int, seat: Seat, seed: int) -> Boards:
        roster = Roster(self.rules.spec, self._weights)
        opponents = Opponents(self.name, self.mix, self._gather)
        return Boards(self.rules, opponents, roster, boards=count, seat=seat, seed=seed)

    def _gather(self) -> tuple[tuple[Candidate, ...], Tally]:
        """The pool as it stands, and what the learner remembers. Raises `NotFound` where nobody can be met."""
        model = RATINGS.make("trueskill")
        with self.reading() as store:
            suspended, known = store.suspended(self.text), store.entrants(self.text, retired=True)
            entrants = [one for one in known if one.plays and not one.retired and one.name not in suspended]
            names = {one.name for one in entrants}
            frozen = [row.checkpoint for row in store.checkpoints(self.text) if row.checkpoint.agent in names]
            if not frozen:
                raise NotFound(
                    f"nobody is there to be met: no agent of {self.text} is in the league{_but(suspended)}",
                    hint=f"register one, such as: arena register random uniform --game {in_shell(self.text)}",
                )
            standings = store.standings(self.text)
            pool = Pool.gather(frozen, entrants=entrants, ratings=standings.ratings, prior=model.prior)
            met = any(one.name == self.name for one in known)
            tally = tally_of(store, self.name, pool) if met else Tally()
            return candidates(store, self.text, pool, self.name, model, mix=self.mix), tally

    def _weights(self, sha: str) -> bytes:
        with self.reading() as store:
            return store.weights(sha)


def _but(suspended: Collection[str]) -> str:
    return f" but {', '.join(suspended)}, suspended for forfeits" if suspended else ""


def _require_gymnasium() -> None:
    try:
        import gymnasium  # noqa: F401
    except ImportError:
        raise MissingExtra("an environment needs gymnasium", hint="pip install 'arena-league[gym]'") from None
