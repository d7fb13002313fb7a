"""Who is suspended: an agent that forfeited three of its last 20 matches sits out until somebody says that it is mended.

It is a view of the log and of one number by agent, the match up to which it is forgiven; nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, case, func, select, update

from arena.errors import BadConfig
from arena.journal import Journal
from arena.rolls import agent_called
from arena.schema import agents, checkpoints, games, log, seats

FAULTS, MATCHES = 3, 20  # so many forfeits among so many matches


class Conduct(Journal):
    """The part of the store that knows who behaves."""

    def suspended(self, game: str | None = None) -> Mapping[str, int]:
        """Agents of a game, or of all, that are suspended, with how many of their last matches they forfeited."""
        with self._reading() as db:
            counted = {name: _lately(db, agent, forgiven) for name, agent, forgiven in _offenders(db, game)}
        return {name: faults for name, faults in counted.items() if faults >= FAULTS}

    def reinstate(self, name: str) -> None:
        """Forgives what an agent did so far. Raises `NotFound`, and `BadConfig` where it is not suspended."""
        with self._writing() as db:
            agent = agent_called(db, name)
            if _lately(db, agent.id, agent.forgiven) < FAULTS:
                raise BadConfig(f"{agent.name!r} is not suspended", hint="it plays in the next season as it is")
            last = db.execute(select(log.c.matches)).scalar_one()
            db.execute(update(agents).where(agents.c.id == agent.id).values(forgiven=last))


def _offenders(db: Connection, game: str | None) -> list[tuple[str, int, int]]:
    """Agents with enough faults in all, which are few: name, number, and the match up to which they are forgiven."""
    guilty = select(checkpoints.c.agent).join(seats, seats.c.checkpoint == checkpoints.c.id)
    guilty = guilty.where(seats.c.fault.is_not(None))
    guilty = guilty.group_by(checkpoints.c.agent).having(func.count() >= FAULTS)
    query = select(agents.c.name, agents.c.id, agents.c.forgiven).where(agents.c.id.in_(guilty)).order_by(agents.c.id)
    if game is not None:
        query = query.join(games, games.c.id == agents.c.game).where(games.c.text == game)
    return [(row.name, row.id, row.forgiven) for row in db.execute(query)]


def _lately(db: Connection, agent: int, forgiven: int) -> int:
    """How many of its last matches an agent forfeited; one that it played against itself is one."""
    last = (
        select(case((func.count(seats.c.fault) > 0, 1), else_=0).label("lost"))
        .where(seats.c.agent == agent, seats.c.match > forgiven)
        .group_by(seats.c.match)
        .order_by(seats.c.match.desc())
        .limit(MATCHES)
        .subquery()
    )
    return int(db.execute(select(func.coalesce(func.sum(last.c.lost), 0))).scalar_one())
