"""When it happens: seasons and their rounds, each step saved so that a killed season goes on where it was.

    open_season -> for each round: open_round -> save_training ... -> save_plan -> record ... -> close_round -> close_season

Every step can be repeated: the same again is no change, something else in its place is a `Conflict`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from itertools import chain
from time import time
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from arena.database import AnyRow
from arena.errors import BadConfig, Conflict, NotFound
from arena.match import Checkpoint, Match
from arena.rolls import Rolls, agent_called, checkpoints_by_number, newest_game, numbers_of
from arena.rows import RoundRow, SeasonRow, nth
from arena.schema import agents, games, matches, rounds, seasons, trainings
from arena.series import Matches
from games.registry import Spec


class Calendar(Rolls):
    """The part of the store that knows how far each season is."""

    def open_season(self, game: str, *, settings: Mapping[str, Any], seed: int, entrants: Sequence[str]) -> SeasonRow:
        """Begins a season of a game's newest version. Raises `NotFound`, `BadConfig` for an agent of another game."""
        with self._writing() as db:
            rows = [agent_called(db, name) for name in entrants]
            for row in rows:
                if row.game_text != game:
                    raise BadConfig(f"{row.name!r} plays {row.game_text}, not {game}", hint="leave it out of this season")
            season = {
                "game": newest_game(db, game).id,
                "seed": seed,
                "settings": json.dumps(dict(settings), sort_keys=True),
                "entrants": json.dumps([row.id for row in rows]),
                "matches": 0,
                "started": int(time()),
            }
            number = db.execute(insert(seasons).values(season)).inserted_primary_key[0]  # type: ignore[index]
            return _season(db, number)

    def season(self, id: int) -> SeasonRow:
        """The season of this number. Raises `NotFound`."""
        with self._reading() as db:
            return _season(db, id)

    def seasons(self, game: str | None = None) -> list[SeasonRow]:
        """The seasons of a game, or all, oldest first."""
        query = select(seasons.c.id).join(games, games.c.id == seasons.c.game).order_by(seasons.c.id)
        if game is not None:
            query = query.where(games.c.text == game)
        with self._reading() as db:
            return [_season(db, number) for number in db.execute(query).scalars().all()]

    def unfinished(self, game: str | None = None) -> SeasonRow | None:
        """The latest season that is not finished, if there is one."""
        open_ones = [season for season in self.seasons(game) if not season.finished]
        return open_ones[-1] if open_ones else None

    def game_meant(self, game: str | None) -> str:
        """A game's spec in its one spelling; without one, that of the game that was played last. Raises `NotFound`."""
        return self.latest_game() if game is None else str(Spec.parse(game))

    def latest_game(self) -> str:
        """The game that was played last, or the only one. Raises `NotFound`."""
        if seasons := self.seasons():
            return seasons[-1].game
        games = list(self.games())
        if len(games) == 1:
            return games[0]
        if games:
            raise NotFound("no season was played yet", hint=f"say which game: {', '.join(games)}")
        raise NotFound("the league is empty", hint="register agents first: arena register NAME SPEC --game GAME")

    def close_season(self, id: int) -> None:
        """Marks a season as finished."""
        with self._writing() as db:
            _season(db, id)
            db.execute(update(seasons).where(seasons.c.id == id).values(finished=1))

    def open_round(self, season: int, number: int, pool: Sequence[Checkpoint]) -> None:
        """Begins a round and remembers whom it may meet. Raises `Conflict` where it began with another pool."""
        with self._writing() as db:
            found = numbers_of(db, pool)
            said = json.dumps([found[checkpoint.id].id for checkpoint in pool])
            _season(db, season)
            db.execute(upsert(rounds).values(season=season, number=number, pool=said).on_conflict_do_nothing())
            if round_row(db, season, number).pool != said:
                raise Conflict(f"round {nth(number)} of season {season} began with another pool")

    def round(self, season: int, number: int) -> RoundRow | None:
        """How far a round is; None before it is opened."""
        with self._reading() as db:
            row = db.execute(select(rounds).where(rounds.c.season == season, rounds.c.number == number)).first()
            return _round(db, row) if row is not None else None

    def save_plan(self, season: int, number: int, matches: Sequence[Match]) -> None:
        """Remembers what a round will play: consecutive ordinals. Raises `Conflict` for a second, other plan."""
        planned = Matches.of(matches)
        assert isinstance(planned.ordinals, range), "ordinals with a gap"
        first = planned.ordinals.start
        with self._writing() as db:
            seeds, lineups = _numbered(db, planned)
            row = round_row(db, season, number)
            if row.plan is not None and (row.first, *unpack_plan(row.plan)) != (first, list(seeds), lineups):
                raise Conflict(f"round {nth(number)} of season {season} has another plan")
            this = (rounds.c.season == season) & (rounds.c.number == number)
            plan = pack_plan(seeds, lineups)
            db.execute(update(rounds).where(this).values(plan=plan, first=first, planned=len(planned)))

    def extend_plan(self, season: int, number: int, matches: Sequence[Match]) -> None:
        """Adds a stage to a round's plan. Raises `Conflict` where its ordinals do not follow those that are planned."""
        more = Matches.of(matches)
        with self._writing() as db:
            seeds, lineups = _numbered(db, more)
            row = round_row(db, season, number)
            before = unpack_plan(row.plan) if row.plan is not None else ([], [])
            if row.plan is None or list(more.ordinals) != [row.first + len(before[0]) + n for n in range(len(more))]:
                raise Conflict(f"round {nth(number)} of season {season} has another plan")
            this = (rounds.c.season == season) & (rounds.c.number == number)
            plan = pack_plan([*before[0], *seeds], [*before[1], *lineups])
            db.execute(update(rounds).where(this).values(plan=plan, planned=len(before[0]) + len(more)))


def pack_plan(seeds: Sequence[int], lineups: Sequence[Sequence[int]]) -> bytes:
    """Seeds and lineups, small: mirrored pairs share their seed and few lineups make many matches. More effort would make
    a tenth less of it, and take five times as long."""
    return zlib.compress(json.dumps([seeds, lineups], separators=(",", ":")).encode(), level=1)


def unpack_plan(plan: bytes) -> tuple[list[int], list[list[int]]]:
    """The seeds and the lineups, by the league's numbers, of the planned matches."""
    seeds, lineups = json.loads(zlib.decompress(plan))
    if len(seeds) != len(lineups):
        raise ValueError(f"{len(seeds)} seeds for {len(lineups)} lineups")
    return seeds, lineups


def _numbered(db: Connection, matches: Matches) -> tuple[Sequence[int], list[list[int]]]:
    """Seeds, and lineups by the league's numbers."""
    found = numbers_of(db, matches.cast)
    numbers = {id(lineup): [found[who.id].id for who in lineup] for lineup in matches.casts}
    return matches.seeds, [numbers[id(lineup)] for lineup in matches.lineups]


def round_row(db: Connection, season: int, number: int) -> AnyRow:
    """The row of a round. Raises `NotFound`."""
    row = db.execute(select(rounds).where(rounds.c.season == season, rounds.c.number == number)).first()
    if row is None:
        raise NotFound(f"season {season} has no round {nth(number)}")
    return row


def _season(db: Connection, id: int) -> SeasonRow:
    row = db.execute(
        select(seasons, games.c.text, games.c.version).join(games, games.c.id == seasons.c.game).where(seasons.c.id == id)
    ).first()
    if row is None:
        last = db.execute(select(func.max(seasons.c.id))).scalar()
        raise NotFound(f"there is no season {id}", hint=f"the latest is {last}" if last else "no season was run yet")
    entrants = json.loads(row.entrants)
    named = {
        agent.id: agent.name for agent in db.execute(select(agents.c.id, agents.c.name).where(agents.c.id.in_(entrants)))
    }
    closed = select(func.count()).select_from(rounds).where(rounds.c.season == id, rounds.c.closed == 1)
    return SeasonRow(
        row.id,
        row.text,
        row.version,
        json.loads(row.settings),
        row.seed,
        tuple(named[agent] for agent in entrants),
        finished=bool(row.finished),
        rounds=db.execute(closed).scalar_one(),
        matches=row.matches,
        started=row.started,
    )


def _round(db: Connection, row: AnyRow) -> RoundRow:
    pool = json.loads(row.pool)
    seeds, numbers = unpack_plan(row.plan) if row.plan is not None else ([], [])
    different = {tuple(lineup) for lineup in numbers}
    cast = checkpoints_by_number(db, {*pool, *chain.from_iterable(different)})
    lineups = {lineup: tuple([cast[number] for number in lineup]) for lineup in different}  # few, and shared by many
    first = row.first or 0
    plan = Matches(range(first, first + len(seeds)), seeds, [lineups[tuple(lineup)] for lineup in numbers])
    trained = select(agents.c.name).join(trainings).where(trainings.c.season == row.season, trainings.c.round == row.number)
    recorded = select(func.count()).select_from(matches).where(matches.c.season == row.season)
    recorded = recorded.where(matches.c.ordinal.between(first, first + len(plan) - 1))
    return RoundRow(
        row.season,
        row.number,
        tuple(cast[number] for number in pool),
        tuple(db.execute(trained.order_by(agents.c.id)).scalars()),
        plan if row.plan is not None else None,
        db.execute(recorded).scalar_one(),
        closed=bool(row.closed),
    )
