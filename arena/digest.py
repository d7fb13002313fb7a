"""The digest chain of the match log: each match seals itself and everything before it.

    digest_n = blake2b(digest_{n-1} || sizes of the parts || parts)

The parts say everything of a match that matters and nothing of the clock or of names: checkpoints go by their ids. A mark
is one byte of checksum for each part; when the chain breaks, the marks tell which part was changed.
"""

from __future__ import annotations

import json
import struct
from hashlib import blake2b
from zlib import crc32

from arena.match import Result

PARTS = ("place", "seed", "lineup", "returns", "steps", "ending", "tape")
GENESIS = blake2b(b"arena match log", digest_size=16).digest()  # the digest of the empty log
_SIZES = struct.Struct("<7I")

Parts = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]


def parts_of(result: Result, *, game: str, version: int, season: int, season_seed: int, round: int) -> Parts:
    """Everything of a match that matters, as bytes, in the order of `PARTS`."""
    match, neutral = result.match, "\0neutral" if result.neutral else ""
    place = f"{game}\0{version}\0{season}\0{season_seed}\0{round}\0{match.ordinal}{neutral}"
    faulty = result.void is not None or any(result.faults)
    return (
        place.encode(),
        b"%d" % match.seed,
        ",".join([checkpoint.id for checkpoint in match.lineup]).encode(),
        struct.pack(f"<{len(result.returns)}d", *[earned + 0.0 for earned in result.returns]),  # -0.0 is 0.0
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


def uid_of(result: Result, *, game: str, version: int, season: int, season_seed: int) -> str:
    """What a match is called across leagues: a hash of its season, place, lineup and rules."""
    match = result.match
    said = [game, version, season, season_seed, match.ordinal, *(checkpoint.id for checkpoint in match.lineup)]
    return blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()
