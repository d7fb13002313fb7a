"""Who is in the league: games, agents, their checkpoints, weights and learners' states."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from arena.database import AnyRow, AnySelect, Database
from arena.errors import AlreadyExists, BadName, Damaged, NotFound
from arena.match import LIVING, Checkpoint, Entrant
from arena.names import folded, lawful, safe
from arena.rows import CheckpointRow
from arena.schema import agents, checkpoints, games, learners, names, weights
from games.spec import GameSpec


class Rolls(Database):
    """The part of the store that knows who is in the league."""

    def add_game(self, text: str, spec: GameSpec) -> None:
        """Makes a game known by its spec's text; once for each version of its rules."""
        said = json.dumps(spec.as_json(), sort_keys=True)
        with self._writing() as db:
            row = {"text": text, "version": spec.version, "spec": said}
            db.execute(upsert(games).values(row).on_conflict_do_nothing())

    def game(self, text: str, version: int | None = None) -> GameSpec:
        """A game as it was in this version, or in its newest. Raises `NotFound`."""
        with self._reading() as db:
            if version is None:
                return read_spec(newest_game(db, text).spec, text)
            return read_spec(db.execute(select(games.c.spec).filter_by(text=text, version=version)).scalar_one(), text)

    def games(self) -> dict[str, GameSpec]:
        """Every game of the league by its text, in its newest version."""
        with self._reading() as db:
            rows = db.execute(select(games.c.text, games.c.spec).order_by(games.c.text, games.c.version))
            return {row.text: read_spec(row.spec, row.text) for row in rows}

    def register(
        self,
        entrant: Entrant,
        *,
        weights: bytes | None = None,
        state: bytes | None = None,
        steps: int = 0,
        if_exists: Literal["fail", "skip"] = "fail",
    ) -> Checkpoint:
        """Adds an agent and its first checkpoint, which has learned from so many `steps` elsewhere. With `skip`, the same
        agent again gives its newest checkpoint.

        Raises `BadName`, `NotFound` for a game or parent that is not there, `AlreadyExists`.
        """
        name = lawful(entrant.name)
        with self._writing() as db:
            taken = db.execute(_agents().where(agents.c.folded == folded(name))).first()
            if taken is not None and if_exists == "skip" and (taken.spec, taken.game_text) == (entrant.spec, entrant.game):
                return newest(db, taken)
            if taken is not None:
                raise AlreadyExists(
                    f"an agent called {taken.name!r} exists already", hint="choose another name or retire it"
                )
            former = owner_of(db, name)
            if former is not None:
                raise AlreadyExists(f"{name!r} is the former name of {former.name!r}", hint="choose another name")
            agent = enter(db, entrant)
            if state is not None:
                put_state(db, agent.id, state)
            return add_checkpoint(db, agent, weights=weights, steps=steps)

    def is_free(self, name: str) -> bool:
        """Whether nobody bears this name, or ever bore it."""
        with self._reading() as db:
            return db.execute(select(names.c.agent).where(names.c.folded == folded(name))).first() is None

    def entrant(self, name: str) -> Entrant:
        """The agent of this name. Raises `NotFound`, with the new name of one that was renamed."""
        with self._reading() as db:
            return _entrant(db, agent_called(db, name))

    def entrants(self, game: str | None = None, *, retired: bool = False) -> list[Entrant]:
        """The agents of a game, or of all, in the order of their registration; retired ones only when asked for."""
        query = _agents().order_by(agents.c.id)
        if game is not None:
            query = query.where(games.c.text == game)
        if not retired:
            query = query.where(agents.c.retired == 0)
        with self._reading() as db:
            return [_entrant(db, row) for row in db.execute(query).all()]

    def retire(self, name: str) -> None:
        """Takes an agent out of future seasons; what it played stays."""
        with self._writing() as db:
            db.execute(update(agents).where(agents.c.id == agent_called(db, name).id).values(retired=1))

    def trust(self, name: str, *, trusted: bool) -> None:
        """Lets a program run without a jail, or no longer."""
        with self._writing() as db:
            db.execute(update(agents).where(agents.c.id == agent_called(db, name).id).values(trusted=int(trusted)))

    def distrust(self) -> None:
        """Takes back every word of trust: it was somebody else's, on another machine."""
        with self._reading() as db:
            trusted = db.execute(select(func.count()).select_from(agents).where(agents.c.trusted == 1)).scalar_one()
        if trusted:
            with self._writing() as db:
                db.execute(update(agents).where(agents.c.trusted == 1).values(trusted=0))

    def rename(self, old: str, new: str) -> None:
        """Gives an agent another name. Its checkpoints keep their ids, and nobody else ever gets the former name."""
        new = lawful(new)
        with self._writing() as db:
            agent = agent_called(db, old)
            owner = db.execute(select(names.c.agent).where(names.c.folded == folded(new))).scalar()
            if owner not in (None, agent.id):
                raise AlreadyExists(f"{new!r} is or was the name of another agent", hint="choose another name")
            db.execute(update(agents).where(agents.c.id == agent.id).values(name=new, folded=folded(new)))
            db.execute(upsert(names).values(folded=folded(new), agent=agent.id).on_conflict_do_nothing())

    def checkpoint(self, text: str) -> Checkpoint:
        """The checkpoint `alice@3`, or the newest of `alice`. Raises `BadName`, `NotFound`."""
        with self._reading() as db:
            return find_checkpoint(db, text)

    def checkpoints(self, game: str | None = None, agent: str | None = None) -> list[CheckpointRow]:
        """The checkpoints of a game, of an agent, or all, oldest first."""
        query = checkpoint_rows().order_by(checkpoints.c.id)
        if game is not None:
            query = query.join(games, games.c.id == agents.c.game).where(games.c.text == game)
        with self._reading() as db:
            if agent is not None:
                query = query.where(agents.c.id == agent_called(db, agent).id)
            return [
                CheckpointRow(to_checkpoint(row), row.season, row.round, born_order=row.id, steps=row.steps)
                for row in db.execute(query)
            ]

    def weights(self, sha: str) -> bytes:
        """The weights of this hash. Raises `NotFound`, and `Damaged` where they no longer have it."""
        with self._reading() as db:
            data = db.execute(select(weights.c.data).where(weights.c.sha == sha)).scalar()
        if data is None:
            raise NotFound(f"the league holds no weights {safe(sha)!r}")
        if sha256(data).hexdigest() != sha:
            raise Damaged(f"the weights {sha} are damaged", hint="`arena db verify` lists all damage; restore a backup")
        return bytes(data)

    def learner_state(self, name: str) -> bytes:
        """The latest state of a learner. Raises `NotFound`, and `Damaged` where it is not what was saved."""
        with self._reading() as db:
            agent = agent_called(db, name)
            row = db.execute(select(learners).where(learners.c.agent == agent.id)).first()
        if row is None:
            raise NotFound(f"{agent.name!r} has no saved learner state", hint="it does not learn, or was never trained")
        state = unpacked(row)
        if state is None:
            raise Damaged(f"the learner state of {agent.name!r} is damaged", hint="restore a backup")
        return state


_ROLL = checkpoints.join(agents, agents.c.id == checkpoints.c.agent).join(games, games.c.id == agents.c.game)


def checkpoints_of(game: str) -> AnySelect:
    """The numbers of a game's checkpoints, as a query."""
    return select(checkpoints.c.id).select_from(_ROLL).where(games.c.text == game)


def read_spec(said: str, text: str = "") -> GameSpec:
    """A GameSpec from its JSON, with the text that makes the game."""
    fields: dict[str, Any] = json.loads(said)
    arguments: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return GameSpec(**arguments, text=text)


def newest_game(db: Connection, text: str) -> AnyRow:
    """The row of a game's newest version. Raises `NotFound`."""
    row = db.execute(select(games).where(games.c.text == text).order_by(games.c.version.desc()).limit(1)).first()
    if row is None:
        known = list(dict.fromkeys(db.execute(select(games.c.text).order_by(games.c.id)).scalars()))
        raise NotFound.named("game of this league", text, known, hint=f"it has {', '.join(known)}" if known else None)
    return row


def _agents() -> AnySelect:
    return select(agents, games.c.text.label("game_text")).join(games, games.c.id == agents.c.game)


def agent_called(db: Connection, name: str) -> AnyRow:
    """The row of an agent, with `game_text`. Raises `NotFound`."""
    row = db.execute(_agents().where(agents.c.folded == folded(name))).first()
    if row is not None:
        return row
    renamed = owner_of(db, name)
    if renamed is not None:
        raise NotFound(f"no agent is called {name!r} any more", hint=f"it was renamed to {renamed.name!r}")
    raise NotFound.named("agent", safe(name), db.execute(select(agents.c.name)).scalars())


def _entrant(db: Connection, row: AnyRow) -> Entrant:
    parent = None
    if row.parent is not None:
        parent = str(to_checkpoint(db.execute(checkpoint_rows().where(checkpoints.c.id == row.parent)).one()))
    return Entrant(
        row.name,
        row.spec,
        row.game_text,
        role=row.role,
        learns=bool(row.learns),
        parent=parent,
        retired=bool(row.retired),
        seed=row.seed,
        trusted=bool(row.trusted),
    )


def checkpoint_rows() -> AnySelect:
    """Checkpoints with the present name of their agent."""
    return select(checkpoints, agents.c.name, agents.c.trusted).join(agents, agents.c.id == checkpoints.c.agent)


def to_checkpoint(row: AnyRow) -> Checkpoint:
    """A row of `checkpoint_rows` as the fact that it is."""
    return Checkpoint(row.name, row.version, row.spec, row.weights, row.key, trusted=bool(row.trusted))


def newest(db: Connection, agent: AnyRow) -> Checkpoint:
    """An agent's newest checkpoint; everyone has one from registration on."""
    query = checkpoint_rows().where(checkpoints.c.agent == agent.id).order_by(checkpoints.c.version.desc()).limit(1)
    return to_checkpoint(db.execute(query).one())


def find_checkpoint(db: Connection, text: str) -> Checkpoint:
    """`alice@3`, or the newest of `alice`. Raises `BadName`, `NotFound`."""
    name, at, version = text.partition("@")
    if at and not (version.isascii() and version.isdigit()):
        raise BadName(f"'{safe(text)}' names no checkpoint", hint="write NAME or NAME@VERSION, such as alice@3")
    agent = agent_called(db, name)
    if not at:
        return newest(db, agent)
    own = checkpoints.c.agent == agent.id
    row = db.execute(checkpoint_rows().where(own, checkpoints.c.version == min(int(version), 2**63 - 1))).first()
    if row is None:
        raise NotFound(f"{agent.name!r} has no checkpoint {version}", hint=f"its newest is {newest(db, agent)}")
    return to_checkpoint(row)


# However many keys there are, they are one value: a statement takes only so many, and one that stays the same is made once.
_KEYS = func.json_each(bindparam("keys")).table_valued("value")
_NUMBERS = select(checkpoints.c.key, checkpoints.c.id, checkpoints.c.agent).join(_KEYS, _KEYS.c.value == checkpoints.c.key)


class Numbers(NamedTuple):
    """What a league calls a checkpoint and its agent inside."""

    id: int
    agent: int


def numbers_of(db: Connection, wanted: Iterable[Checkpoint]) -> dict[str, Numbers]:
    """The league's numbers of checkpoints, by their ids. Raises `NotFound`."""
    by_id = {checkpoint.id: checkpoint for checkpoint in wanted}
    found = {key: Numbers(*said) for key, *said in db.execute(_NUMBERS, {"keys": json.dumps(list(by_id))}).all()}
    for key in by_id.keys() - found.keys():
        raise NotFound(
            f"{by_id[key]} is not a checkpoint of this league", hint="only frozen checkpoints are recorded and rated"
        )
    return found


def number_of(db: Connection, checkpoint: Checkpoint) -> int:
    """The league's number of one checkpoint."""
    return numbers_of(db, [checkpoint])[checkpoint.id].id


def checkpoints_by_number(db: Connection, wanted: Iterable[int]) -> dict[int, Checkpoint]:
    """Checkpoints by the league's numbers."""
    numbers, found = sorted(set(wanted)), dict[int, Checkpoint]()
    for start in range(0, len(numbers), 500):
        for row in db.execute(checkpoint_rows().where(checkpoints.c.id.in_(numbers[start : start + 500]))):
            found[row.id] = to_checkpoint(row)
    return found


def enter(db: Connection, entrant: Entrant) -> AnyRow:
    """Adds an agent of a lawful, free name, as yet without a checkpoint. Raises `NotFound` for its game or parent."""
    name = lawful(entrant.name)
    row = {
        "name": name,
        "folded": folded(name),
        "game": newest_game(db, entrant.game).id,
        "spec": entrant.spec,
        "role": entrant.role,
        "learns": int(entrant.learns),
        "parent": number_of(db, find_checkpoint(db, entrant.parent)) if entrant.parent else None,
        "retired": int(entrant.retired),
        "seed": entrant.seed,
        "trusted": int(entrant.trusted),
    }
    db.execute(insert(agents).values(row))
    agent = agent_called(db, name)
    db.execute(insert(names).values(folded=folded(name), agent=agent.id))
    return agent


def owner_of(db: Connection, name: str) -> AnyRow | None:
    """The row of the agent that bears or once bore a name, with `game_text`; None where nobody did."""
    return db.execute(_agents().join(names).where(names.c.folded == folded(name))).first()


def add_checkpoint(
    db: Connection,
    agent: AnyRow,
    *,
    weights: bytes | None = None,
    version: int | None = None,
    season: int | None = None,
    round: int | None = None,
    steps: int = 0,
) -> Checkpoint:
    """Freezes the next version of an agent, or this one, which it must not have yet."""
    last = db.execute(select(func.max(checkpoints.c.version)).where(checkpoints.c.agent == agent.id)).scalar() or LIVING
    sha = put_weights(db, weights) if weights is not None else None
    made = Checkpoint.make(agent.name, version or last + 1, spec=agent.spec, weights=sha)
    row = {
        "key": made.id,
        "agent": agent.id,
        "version": made.version,
        "born": made.agent,
        "spec": made.spec,
        "weights": sha,
    }
    db.execute(insert(checkpoints).values(row | {"season": season, "round": round, "steps": steps}))
    return made


def put_weights(db: Connection, data: bytes) -> str:
    """Keeps weights under their hash, once however often they come."""
    sha = sha256(data).hexdigest()
    db.execute(upsert(weights).values(sha=sha, data=data).on_conflict_do_nothing())
    return sha


def put_state(db: Connection, agent: int, state: bytes) -> None:
    """Replaces a learner's state; zipped where that saves a tenth, which moments of an optimizer seldom do."""
    zipped = zlib.compress(state, 1)
    small = len(zipped) < 0.9 * len(state)
    row = {"state": zipped if small else state, "zipped": int(small), "sha": sha256(state).hexdigest()}
    db.execute(upsert(learners).values(agent=agent, **row).on_conflict_do_update(index_elements=["agent"], set_=row))


def unpacked(row: AnyRow) -> bytes | None:
    """A learner's state as it was saved; None where it is damaged."""
    try:
        state: bytes = zlib.decompress(row.state) if row.zipped else row.state
    except zlib.error:
        return None
    return state if sha256(state).hexdigest() == row.sha else None
