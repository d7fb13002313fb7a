"""How an agent is taken in: its health game, then frozen as version 1. Nothing is saved unless all is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Literal

from agents.errors import BadWeights
from arena.errors import BadConfig, NotFound
from arena.match import ROLES, Checkpoint, Entrant
from arena.names import lawful
from games.registry import Spec

if TYPE_CHECKING:
    from arena.health import Health
    from arena.store import Store
    from games.core import Game

LARGEST = 1_000_000_000  # bytes of weights; SQLite keeps no larger value

Opening = Callable[[], "Store"]


@dataclass(frozen=True)
class Registration:
    """What came of registering: the first checkpoint, and how its health game went (None: it was there, or unchecked)."""

    checkpoint: Checkpoint
    health: Health | None
    existed: bool
    remark: str = ""  # of the agent itself, on how it fits the game


@dataclass(frozen=True)
class Application:
    """Who asks to be taken in. Name, spec and game are in their one spelling after `of`."""

    name: str
    spec: str
    game: str
    role: str = "main"
    parent: str | None = None
    weights: Path | None = None
    trusted: bool = False

    @classmethod
    def of(
        cls,
        name: str,
        spec: str,
        *,
        game: str,
        role: str,
        parent: str | None,
        weights: str | Path | None,
        trusted: bool = False,
    ) -> Application:
        """An application that can be read. Raises `BadName`, `BadSpec`, `BadConfig`."""
        if role not in ROLES:
            raise BadConfig(f"no role is called {role!r}", hint=f"known: {', '.join(ROLES)}")
        path = Path(weights) if weights is not None else None
        return cls(lawful(name), str(Spec.parse(spec)), str(Spec.parse(game)), role, parent, path, trusted)

    def existing(self, store: Store) -> Checkpoint | None:
        """The newest checkpoint of this very agent, where it is registered already."""
        same = [one for one in store.entrants(self.game, retired=True) if (one.name, one.spec) == (self.name, self.spec)]
        return store.checkpoint(self.name) if same else None

    def policy(self, reading: Opening) -> bytes | None:
        """The weights that a learner begins with: those of its file, or of a parent with the same spec."""
        if self.weights is not None:
            return _file(self.weights)
        if self.parent is None:
            return None
        with reading() as store:
            found = store.checkpoint(self.parent)
            return store.weights(found.weights) if found.weights and found.spec == self.spec else None


def enrol(
    application: Application,
    rules: Game,
    *,
    reading: Opening,
    writing: Opening,
    check: bool,
    if_exists: Literal["fail", "skip"],
) -> Registration:
    """Examines an applicant, with the league closed, and then saves it. Raises what `League.register` says."""
    from arena.health import examine

    seed = seed_of(application.name)
    newcomer = examine(
        application.spec,
        rules,
        seed=seed,
        policy=application.policy(reading),
        play_games=check,
        trusted=application.trusted,
    )
    if application.role.endswith("exploiter") and not newcomer.learns:
        raise BadConfig(
            f"{application.spec!r} does not learn, so it cannot be a {application.role}",
            hint="leave --role out, or make it an anchor",
        )
    entrant = Entrant(
        application.name,
        application.spec,
        application.game,
        application.role,
        learns=newcomer.learns,
        parent=application.parent,
        seed=seed,
        trusted=application.trusted,
    )
    with writing() as store:
        store.add_game(application.game, rules.spec)
        checkpoint = store.register(entrant, weights=newcomer.policy, state=newcomer.state, if_exists=if_exists)
    return Registration(checkpoint, newcomer.health if check else None, existed=False, remark=newcomer.remark)


def seed_of(name: str) -> int:
    """The root of a newcomer's own chance."""
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest())


def _file(path: Path) -> bytes:
    try:
        found = path.stat()
        if not S_ISREG(found.st_mode) or found.st_size > LARGEST:  # a device or a pipe might never end
            raise BadWeights(
                f"weights must be a regular file of at most {LARGEST:,} bytes, got {str(path)!r}",
                hint="name a safetensors file",
            )
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"the weights file {str(path)!r} cannot be read: {error.strerror}") from None
