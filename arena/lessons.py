"""What learners learned: each round's training, whom it was against and why, and where it left the learner."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite

from sqlalchemy import Connection, Table, insert, select, tuple_

from arena.calendar import Calendar, round_row
from arena.database import AnyRow, AnySelect
from arena.match import Checkpoint
from arena.rolls import add_checkpoint, agent_called, checkpoints_by_number, put_state
from arena.rows import DrawRow, LearningRow, TallyRow
from arena.schema import agents, checkpoints, draws, tallies, trainings


class Lessons(Calendar):
    """The part of the store that knows how learners train."""

    def save_training(
        self,
        season: int,
        number: int,
        learner: str,
        *,
        state: bytes | None,
        weights: bytes | None,
        tally: Sequence[TallyRow],
        metrics: Mapping[str, float],
        steps: int,
        drawn: Sequence[DrawRow] = (),
        anew: bool = False,
    ) -> Checkpoint | None:
        """Saves what a learner's training of one round came to, and freezes it; again, it only says what it froze.

        Without weights nothing is frozen; without a state it goes on elsewhere. `anew`: the state is the first one again.
        """
        with self._writing() as db:
            agent = agent_called(db, learner)
            round_row(db, season, number)
            saved = {"season": season, "round": number, "agent": agent.id}
            if db.execute(select(trainings.c.agent).filter_by(**saved)).first() is not None:
                born = db.execute(select(checkpoints.c.id).filter_by(**saved)).scalar()
                return None if born is None else checkpoints_by_number(db, [born])[born]
            finite = {name: value if isfinite(value) else None for name, value in metrics.items()}
            db.execute(insert(trainings).values(**saved, steps=steps, metrics=json.dumps(finite), anew=int(anew)))
            if state is not None:
                put_state(db, agent.id, state)
            where = {"season": season, "round": number, "learner": agent.id}
            _add_tally(db, tally, where)
            _add_draws(db, drawn, where)
            if weights is None:
                return None
            return add_checkpoint(db, agent, weights=weights, season=season, round=number, steps=steps)

    def learning(self, learner: str) -> LearningRow:
        """Where a learner has got to. Raises `NotFound`."""
        with self._reading() as db:
            agent = agent_called(db, learner).id
            newest = select(checkpoints).filter_by(agent=agent).order_by(checkpoints.c.version.desc()).limit(1)
            frozen = db.execute(newest).one()
            rows = db.execute(_trainings(agent)).all()
            since = [
                row for row in rows if frozen.season is None or (row.season, row.round) > (frozen.season, frozen.round)
            ]
            last = next((row for row in rows if (row.season, row.round) == (frozen.season, frozen.round)), None)
            anew = last is not None and bool(last.anew)
            return LearningRow(len(since), since[0].steps if since else 0 if anew else frozen.steps, anew)

    def renewals(self, learner: str) -> set[tuple[int, int]]:
        """The rounds, each a season and its number, after whose training a learner went back to its first weights."""
        with self._reading() as db:
            rows = db.execute(_trainings(agent_called(db, learner).id).where(trainings.c.anew == 1))
            return {(row.season, row.round) for row in rows}

    def metrics(self, season: int, number: int) -> dict[str, dict[str, float | None]]:
        """What each learner said of its training in a round; None for a number that was not finite."""
        query = select(agents.c.name, trainings.c.metrics).join(agents).where(trainings.c.season == season)
        with self._reading() as db:
            rows = db.execute(query.where(trainings.c.round == number).order_by(agents.c.id))
            return {row.name: json.loads(row.metrics) for row in rows}

    def tally(self, learner: str) -> list[TallyRow]:
        """A learner's training games since it last began anew, the latest count for each opponent."""
        newest_first = (tallies.c.season.desc(), tallies.c.round.desc())
        with self._reading() as db:
            agent = agent_called(db, learner).id
            query = _met(tallies).where(tallies.c.learner == agent)
            if anew := db.execute(_trainings(agent).where(trainings.c.anew == 1).limit(1)).first():
                query = query.where(tuple_(tallies.c.season, tallies.c.round) > tuple_(anew.season, anew.round))
            rows = db.execute(query.order_by(tallies.c.opponent, tallies.c.version, *newest_first)).all()
            latest = {(row.opponent, row.version): row for row in reversed(rows)}
            cast = _opponents(db, rows)
            return [
                TallyRow(
                    cast[place],
                    *(row.games, row.wins, row.draws, row.branch, row.probability, row.quality, row.season, row.round),
                )
                for place, row in sorted(latest.items())
            ]

    def draws(self, learner: str) -> list[DrawRow]:
        """Whom a learner met in the latest round in which it trained, and why; those it met most often first."""
        with self._reading() as db:
            agent = agent_called(db, learner).id
            if (last := db.execute(_trainings(agent).limit(1)).first()) is None:
                return []
            query = _met(draws).where(draws.c.learner == agent, draws.c.season == last.season, draws.c.round == last.round)
            order = (draws.c.drawn.desc(), draws.c.opponent, draws.c.version, draws.c.branch)
            rows = db.execute(query.order_by(*order)).all()
            cast = _opponents(db, rows)
            return [
                DrawRow(
                    cast[row.opponent, row.version],
                    *(row.branch, row.probability, row.drawn, row.games, row.wins, row.draws, row.season, row.round),
                )
                for row in rows
            ]


def _trainings(agent: int) -> AnySelect:
    """A learner's trainings, the latest first."""
    columns = (trainings.c.season, trainings.c.round, trainings.c.steps, trainings.c.anew)
    return select(*columns).where(trainings.c.agent == agent).order_by(trainings.c.season.desc(), trainings.c.round.desc())


def _met(table: Table) -> AnySelect:
    """Rows of `tallies` or `draws`, each with what its opponent is called and, unless it lives, its frozen number."""
    query = select(table, agents.c.name, agents.c.spec.label("living"), checkpoints.c.id.label("frozen"))
    query = query.join(agents, agents.c.id == table.c.opponent)
    own = (checkpoints.c.agent == table.c.opponent) & (checkpoints.c.version == table.c.version)
    return query.outerjoin(checkpoints, own)


def _opponents(db: Connection, rows: Sequence[AnyRow]) -> dict[tuple[int, int], Checkpoint]:
    """The opponents of such rows, by number and version."""
    frozen = checkpoints_by_number(db, [row.frozen for row in rows if row.frozen is not None])
    return {
        (row.opponent, row.version): frozen.get(row.frozen) or Checkpoint.make(row.name, row.version, spec=row.living)
        for row in rows
    }


def _add_tally(db: Connection, tally: Sequence[TallyRow], where: Mapping[str, int]) -> None:
    _add(db, tallies, tally, where, "games wins draws branch probability quality")


def _add_draws(db: Connection, drawn: Sequence[DrawRow], where: Mapping[str, int]) -> None:
    _add(db, draws, drawn, where, "branch probability drawn games wins draws")


def _add(db: Connection, table: Table, rows: Sequence[TallyRow | DrawRow], where: Mapping[str, int], names: str) -> None:
    """Rows of `tallies` or `draws`: the columns `names` as the rows say them."""
    numbers = {name: agent_called(db, name).id for name in {row.opponent.agent for row in rows}}
    said = [
        {"opponent": numbers[row.opponent.agent], "version": row.opponent.version}
        | {name: getattr(row, name) for name in names.split()}
        for row in rows
    ]
    if said:
        db.execute(insert(table), [{**where, **row} for row in said])
