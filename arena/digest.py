"""The digest chain of the match log: each match seals itself and everything before it.

    digest_n = blake2b(digest_{n-1} || sizes of the parts || parts)

The parts say everything of a match that matters and nothing of the clock or of names: checkpoints go by their ids. A mark
is one byte of checksum for each part; when the chain breaks, the marks tell which part was changed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Hashable, Iterator
from hashlib import blake2b
from typing import TypeVar
from zlib import crc32

from arena.match import Result
from arena.series import Lineup, Results

PARTS = ("place", "seed", "lineup", "returns", "steps", "ending", "tape")
GENESIS = blake2b(b"arena match log", digest_size=16).digest()  # the digest of the empty log
_SIZES = struct.Struct("<7I")

Parts = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]
Key = TypeVar("Key", bound=Hashable)


def parts_of(result: Result, *, game: str, version: int, season: int, season_seed: int, round: int) -> Parts:
    """Everything of a match that matters, as bytes, in the order of `PARTS`."""
    match, neutral = result.match, b"\0neutral" if result.neutral else b""
    faulty = result.void is not None or any(result.faults)
    return (
        b"%s%d%s" % (_place(game, version, season, season_seed, round), match.ordinal, neutral),
        b"%d" % match.seed,
        _lineup(match.lineup),
        _returns(result.returns),
        b"%d" % result.steps,
        json.dumps([result.faults if any(result.faults) else [], result.void]).encode() if faulty else b"",
        result.tape,
    )


def link(before: bytes, parts: Parts) -> bytes:
    """The digest of the log with one more match."""
    return blake2b(b"".join((before, _SIZES.pack(*map(len, parts)), *parts)), digest_size=16).digest()


def marks_of(parts: Parts) -> bytes:
    """One byte of checksum for each part."""
    return bytes([crc32(part) & 0xFF for part in parts])


def links(
    before: bytes, results: Results, *, game: str, version: int, season: int, season_seed: int, round: int
) -> Iterator[tuple[bytes, bytes]]:
    """Marks and digest of each result, behind a log of the digest `before`.

    They are what `parts_of`, `marks_of` and `link` make of one after the other. But what plain results have in common, so
    nearly all there is to say of them, is encoded once.
    """
    place = _place(game, version, season, season_seed, round)
    lineups = {id(lineup): _marked(_lineup(lineup)) for lineup in results.matches.casts}
    returns, steps = _Marked(_returns), _Marked(_number)
    columns = *results.matches.columns, *results.columns[1:-1]  # jails are for the eye
    for number, (ordinal, seed, lineup, paid, taken, tape, faults, void, neutral) in enumerate(zip(*columns, strict=True)):
        if faults or neutral or void is not None:
            parts = parts_of(
                results[number], game=game, version=version, season=season, season_seed=season_seed, round=round
            )
            before = link(before, parts)
            yield marks_of(parts), before
            continue
        where, dealt = b"%s%d" % (place, ordinal), b"%d" % seed
        cast, cast_mark = lineups[id(lineup)]
        earned, earned_mark = returns[paid]
        length, length_mark = steps[taken]
        sizes = _SIZES.pack(len(where), len(dealt), len(cast), len(earned), len(length), 0, len(tape))
        said = b"".join((before, sizes, where, dealt, cast, earned, length, tape))
        before = blake2b(said, digest_size=16).digest()
        marks = (crc32(where) & 0xFF, crc32(dealt) & 0xFF, cast_mark, earned_mark, length_mark, 0, crc32(tape) & 0xFF)
        yield bytes(marks), before


class _Marked(dict[Key, tuple[bytes, int]]):
    """A part by what it says, with its mark; each is encoded once."""

    def __init__(self, encode: Callable[[Key], bytes]) -> None:
        super().__init__()
        self.encode = encode

    def __missing__(self, said: Key) -> tuple[bytes, int]:
        found = self[said] = _marked(self.encode(said))
        return found


def _marked(part: bytes) -> tuple[bytes, int]:
    return part, crc32(part) & 0xFF


def _place(game: str, version: int, season: int, season_seed: int, round: int) -> bytes:
    """What the places of a round's matches begin with."""
    return f"{game}\0{version}\0{season}\0{season_seed}\0{round}\0".encode()


def _lineup(lineup: Lineup) -> bytes:
    return ",".join([checkpoint.id for checkpoint in lineup]).encode()


def _number(count: int) -> bytes:
    return b"%d" % count


def _returns(returns: tuple[float, ...]) -> bytes:
    return struct.pack(f"<{len(returns)}d", *[earned + 0.0 for earned in returns])  # -0.0 is 0.0


def uid_of(result: Result, *, game: str, version: int, season: int, season_seed: int) -> str:
    """What a match is called across leagues: a hash of its season, place, lineup and rules."""
    match = result.match
    said = [game, version, season, season_seed, match.ordinal, *(checkpoint.id for checkpoint in match.lineup)]
    return blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()
