"""What the store hands out, beside the facts of `arena.match`: frozen rows, plain numbers, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arena.match import Checkpoint, Result
from arena.series import Matches


def nth(round: int) -> int:
    """A round as people and files count it, from 1; rows count from 0, as the database does."""
    return round + 1


@dataclass(frozen=True)
class CheckpointRow:
    """A checkpoint and its birth."""

    checkpoint: Checkpoint
    season: int | None  # where it was frozen; None for one that was registered
    round: int | None
    born_order: int  # grows with every checkpoint of the league
    steps: int  # how many steps it had learned from


@dataclass(frozen=True)
class SeasonRow:
    """A season: what it was opened with, and how far it is."""

    id: int
    game: str
    version: int  # of the game's rules
    settings: Mapping[str, Any] = field(hash=False)
    seed: int
    entrants: tuple[str, ...]
    finished: bool
    rounds: int  # closed so far
    matches: int  # recorded so far
    started: int  # unix seconds


@dataclass(frozen=True)
class RoundRow:
    """A round: whom it may meet, what was trained, what is planned and how much of it is played."""

    season: int
    number: int
    pool: tuple[Checkpoint, ...]
    trained: tuple[str, ...]  # the learners whose training of this round is saved
    plan: Matches | None  # None before there is one
    recorded: int  # how many planned matches are in the log
    closed: bool


@dataclass(frozen=True)
class MatchRow:
    """A recorded match and its place in the log."""

    id: int
    season: int
    round: int
    game: str
    version: int  # of the game's rules
    result: Result
    digest: str  # of the log up to this match, hex
    played_at: int  # unix seconds


@dataclass(frozen=True)
class OutcomeRow:
    """How often one checkpoint won, drew and lost against another, all seats and endings alike."""

    first: Checkpoint
    second: Checkpoint
    sided: bool  # the first had the first seat, and that may have been worth something
    won: int
    drawn: int
    lost: int


@dataclass(frozen=True)
class RatingRow:
    """A checkpoint's rating at the end of a round."""

    season: int
    round: int
    checkpoint: Checkpoint
    mu: float
    sigma: float


@dataclass(frozen=True)
class TallyRow:
    """What a learner's training games against one opponent came to, and why it was drawn. Counters may be decayed."""

    opponent: Checkpoint
    games: float
    wins: float
    draws: float
    branch: str  # the part of the opponent mix that drew it last, such as 'pfsp'
    probability: float  # with which it was drawn
    quality: float = 0.0  # see `arena.tally.Count`
    season: int = 0  # filled in by the store
    round: int = 0


@dataclass(frozen=True)
class DrawRow:
    """How often an opponent was drawn for one reason in a round's training, and what came of it."""

    opponent: Checkpoint  # version 0: the living learner
    branch: str  # the part of the opponent mix that drew it
    probability: float  # with which it was to be drawn, the mean over the round's batches
    drawn: int  # matches
    games: int  # those that tell of the opponent: not void, and somebody else than the learner
    wins: int
    draws: int
    season: int = 0  # filled in by the store
    round: int = 0

    @property
    def win_rate(self) -> float | None:
        """Draws half; None where no game tells."""
        return (self.wins + self.draws / 2) / self.games if self.games else None


@dataclass(frozen=True)
class LearningRow:
    """Where a learner has got to."""

    phases: int  # rounds that it has trained in since it was last frozen
    steps: int  # decisions that it has learned from as it is now
    anew: bool  # whether it went back to its first weights when it was last frozen
