"""A user's opponent mixes and schedules: good ones that a flag turns bad, and all that can be wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path

from arena.match import Checkpoint, Pairing
from arena.pool import Candidate, Draw, Mix, Pool

STRANGER = Checkpoint.make("stranger", 1, spec="uniform")
MOODS: dict[str, object] = {
    "nothing": None,
    "nobody": [],
    "names": ["alice@1"],
    "half": [Draw(None, "half", 0.5)],
    "nan": [Draw(None, "nan", float("nan"))],
    "negative": [Draw(None, "more", 1.5), Draw(None, "less", -0.5)],
    "stranger": [Draw(STRANGER, "who?", 1.0)],
    "wordless": [Draw(None, 7, 1.0)],  # type: ignore[arg-type]  # that is the point
}


def working_folder() -> str:
    """Neither a mix nor a schedule."""
    return str(Path.cwd())


def moody(mood: str = "crash", *, flag: str = ".") -> Mix:
    """The living self, until the file `flag` exists."""

    def mix(candidates: Sequence[Candidate]) -> list[Draw]:
        if not Path(flag).exists():
            return [Draw(None, "self", 1.0)]
        return [][1] if mood == "crash" else MOODS[mood]  # type: ignore[return-value]

    return mix


class Capricious:
    """Everybody meets the first of the pool, until the file `flag` exists."""

    def __init__(self, mood: str = "crash", *, flag: str = ".") -> None:
        self.mood, self.flag = mood, Path(flag)

    def propose(self, pool: Pool, *, seats: int, **_: object) -> Iterator[Pairing]:
        first, *others = pool.checkpoints
        if not self.flag.exists():
            return (Pairing((first, other), 0) for other in others)
        bad: dict[str, object] = {
            "nothing": None,
            "names": [("alice", "bob")],
            "alone": [Pairing((first,), 0)],
            "twins": [Pairing((first, first), 0)],
            "stranger": [Pairing((first, STRANGER), 0)],
            "deal": [Pairing((first, others[0]), 0.5)],  # type: ignore[arg-type]
            "endless": repeat(Pairing((first, others[0]), 0)),
        }
        return bad[self.mood]  # type: ignore[return-value]  # crash: a KeyError
