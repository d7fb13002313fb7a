"""The appraiser: what other ratings than the kept ones say of a league.

    league.ratings.board("davidson", "connect_four")
    league.ratings.fit("connect_four").better(alice, bob)
    league.ratings.curve("ppo")
    league.ratings.check("connect_four")

Every board is a frozen value that prints itself and has `as_json()`; the formulas are in `arena.ratings`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arena.analysis.payoff import PayoffTable
from arena.answers.curve import Curve
from arena.answers.official import OfficialBoard, in_order
from arena.errors import BadConfig
from arena.leaderboard import Leaderboard, cyclic_part, leaderboard_of
from arena.progress import Notify, tenths, unheard
from arena.ratings import FITS, RATINGS
from arena.ratings.batch import BatchModel, Fit
from arena.ratings.davidson import WRITTEN_OUT, Davidson
from arena.ratings.drift import Stage, walk
from arena.ratings.model import RatingModel
from arena.reckoning import meetings, proved, reckon
from games.errors import ArenaError, UnknownName, meant
from games.registry import Spec
from games.spec import GameSpec

if TYPE_CHECKING:
    from arena.answers.trust import Trust
    from arena.store import Store

_STANDS = "see how it stands: arena leaderboard"


@dataclass(frozen=True)
class Appraiser:
    """Rates a league; `League.ratings` makes one. Without a game the one that was played last is meant."""

    reading: Callable[[], Store]  # opens the league's file

    def board(
        self, model: str, game: str | None = None, *, every: bool = False, retired: bool = False
    ) -> Leaderboard | OfficialBoard:
        """How everybody stands by any model's spec, 'davidson' or 'trueskill(side=None)', from the whole log anew.

        Raises `UnknownName`, `BadSpec`, and `MissingExtra` where the model needs a package that is not there.
        """
        made = rating_model(model)
        with self.reading() as store:
            text = store.game_meant(game)
            if not isinstance(made, BatchModel):
                standings, history = reckon(store, text, made)
                return leaderboard_of(store, text, every=every, retired=retired, rated=(standings.ratings, history))
            fit = made.fit(meetings(store, text))
            table = PayoffTable(store.payoffs(text), order=in_order(fit, fit.meetings.cast))
            return OfficialBoard.of(
                text,
                fit,
                model=model,
                entrants=store.entrants(text, retired=retired),
                payoffs=table,
                faults=store.faults(text),
                every=every,
                cyclic=cyclic_part(store.game(text), table),
            )

    def check(
        self, game: str | None = None, *, models: Sequence[str] = (), warmup: int = 30, notify: Notify = unheard
    ) -> Trust:
        """How well each model foretold every match from those before it; the first `warmup` per cent only teach.

        Without models: all that are built in or installed, but for those that cannot be made. Raises what `board` raises.
        """
        from arena.answers.trust import BASE, Trust
        from arena.ratings.forecast import BaseRate, forecaster
        from arena.ratings.walk_forward import walk_forward

        with self.reading() as store:
            text = store.game_meant(game)
            absent: dict[str, str] = {}
            made = {name: rating_model(name) for name in models} or _known(store.game(text), absent)
            asked = {BASE: BaseRate(), **{name: forecaster(model) for name, model in made.items()}}
            played = sum(season.matches for season in store.seasons(text))
            walked = walk_forward(tenths(proved(store, text), played, "matches foretold", notify), asked)
        first = walked.size * warmup // 100
        return Trust(text, walked.after(first), first, absent)

    def fit(self, game: str | None = None, *, model: str = "davidson") -> Fit:
        """A batch model's fit to all that was played. Raises what `board` raises."""
        batch: BatchModel = FITS.make(model)
        with self.reading() as store:
            return batch.fit(meetings(store, store.game_meant(game)))

    def curve(self, learner: str) -> Curve:
        """A learner's checkpoints as one curve over its training. Raises `NotFound`, `BadConfig` where nobody learns.

        In a very large league it is fitted to the matches among those checkpoints and all whom they met.
        """
        with self.reading() as store:
            entrant = store.entrant(learner)
            if not entrant.learns:
                raise BadConfig(f"{entrant.name} does not learn, so it has no curve", hint=_STANDS)
            met, renewals = meetings(store, entrant.game), store.renewals(learner)
            rows = store.checkpoints(agent=learner)
        lives = [sum(row.season is not None and renewal < (row.season, row.round) for renewal in renewals) for row in rows]
        stages = [Stage(row.checkpoint, row.steps, life) for row, life in zip(rows, lives, strict=True)]
        near = met if len(met.cast) <= WRITTEN_OUT else met.around(row.checkpoint for row in rows)
        return Curve.of(learner, entrant.game, walk(near, stages), Davidson().fit(near), whole=near is met)


def rating_model(text: str) -> RatingModel | BatchModel:
    """The model of either kind that a spec names. Raises `UnknownName`, `CannotLoad`, `BadSpec`, `MissingExtra`."""
    name, known = Spec.parse(text).name, [*FITS.names(), *RATINGS.names()]
    if ":" not in name and name not in known:
        raise UnknownName(f"no rating model is called {name!r}{meant(name, known)}", hint=f"known: {', '.join(known)}")
    made: RatingModel | BatchModel = (FITS if name in FITS.names() else RATINGS).make(text)
    return made


def _known(game: GameSpec, absent: dict[str, str]) -> dict[str, RatingModel | BatchModel]:
    """Every registered model that can check a game; those that cannot be made go to `absent`, each with the cure."""
    sided = game.flavour == "competitive" and len(set(game.team_of or range(game.seats))) == 2
    made: dict[str, RatingModel | BatchModel] = {}
    for name in sorted({*RATINGS.names(), *FITS.names(), *(["trueskill(side=None)"] if sided else [])}):
        try:
            made[name] = rating_model(name)
        except ArenaError as error:  # its package is missing, or somebody else's cannot be loaded or wants arguments
            absent[name] = f"{error.cause}: {error.hint}" if error.hint else error.cause
    return made
