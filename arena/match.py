"""The facts of a league: checkpoints, matches, results and what they prove. Frozen; no torch, no SQL, nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, NamedTuple, Self

ROLES = ("main", "main-exploiter", "league-exploiter", "anchor")
RESULTS_ONLY = "results-only"  # the spec of an agent that is known by imported results alone; nothing can be made of it
LIVING = 0  # the version of a learner that is still learning; it plays training matches only and is never rated


@dataclass(frozen=True)
class Checkpoint:
    """A frozen, rateable version of an agent, written `alice@3`."""

    agent: str
    version: int
    spec: str
    weights: str | None  # sha256 of the frozen weights, hex; None for an agent without any
    id: str  # what digests and ratings know it by; survives a rename
    trusted: bool = field(default=False, compare=False)  # as in `Entrant`; says nothing of what it is

    @classmethod
    def make(cls, agent: str, version: int, *, spec: str, weights: str | None = None) -> Self:
        """A new checkpoint; its id is a hash of all there is to say of it."""
        said = "\0".join([agent, str(version), spec, weights or ""]).encode()
        return cls(agent, version, spec, weights, blake2b(said, digest_size=16).hexdigest())

    def __hash__(self) -> int:  # it is looked up for every seat of every match, and the id says it all
        return self.id.__hash__()

    def __str__(self) -> str:
        return f"{self.agent}@{self.version}"


@dataclass(frozen=True)
class Entrant:
    """An agent as the league knows it: a name and one line of text."""

    name: str
    spec: str
    game: str  # the game's spec
    role: str = "main"  # one of ROLES
    learns: bool = False
    parent: str | None = None  # the checkpoint it descends from, `alice@3`
    retired: bool = False
    seed: int = 0  # the root of a learner's own chance: its first weights, its shuffles
    trusted: bool = False  # a program that may run without a jail, by the word of this league's owner

    @property
    def plays(self) -> bool:
        """Whether it can play at all, rather than be known by imported results alone."""
        return self.spec != RESULTS_ONLY


class Pairing(NamedTuple):
    """A match that a matchmaker proposes. Pairings of one round with the same `deal` get the same seed."""

    lineup: tuple[Checkpoint, ...]  # who holds each seat
    deal: int


class Match(NamedTuple):
    """One game on one board: its place in the season, the seed of all its chance, and who holds each seat."""

    ordinal: int
    seed: int
    lineup: tuple[Checkpoint, ...]


EndingKind = Literal["finished", "forfeit", "void"]


@dataclass(frozen=True)
class Ending:
    """How a match came to its end; `reason` names the fault of a forfeit or what made a match void."""

    kind: EndingKind
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}({self.reason})" if self.reason else self.kind


class Result(NamedTuple):
    """What came of a match: a fact, appended to the log and never edited."""

    match: Match
    returns: tuple[float, ...]  # one for each seat; empty when void
    steps: int
    tape: bytes  # the actions of the seats that acted, in order of step and seat (see arena.tape)
    faults: tuple[str | None, ...] = ()  # why each seat forfeited; empty when nobody did
    void: str | None = None  # why the match does not count: the rules or the machine broke
    neutral: bool = False  # an imported one whose seats were alike: it tells nothing of what it is worth to sit first
    jails: tuple[str | None, ...] = ()  # what kept in the programs among the seats; empty where none is a program

    @property
    def untold(self) -> bool:
        """Whether nothing is known of its course: a match of imported results, which nobody can replay."""
        return not self.steps and not self.tape and self.void is None

    @property
    def ending(self) -> Ending:
        if self.void is not None:
            return Ending("void", self.void)
        reasons = sorted({fault for fault in self.faults if fault})
        return Ending("forfeit", "+".join(reasons)) if reasons else Ending("finished")


class Comparison(NamedTuple):
    """A ranking that results prove: teams of checkpoints with their ranks, 0 the best, equal ranks a draw."""

    teams: tuple[tuple[Checkpoint, ...], ...]
    ranks: tuple[int, ...]
    sided: bool = False  # the first of two teams had the first seat, which may be worth something
