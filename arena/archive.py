"""A whole league as one archive: a zip of `manifest.json` and `league.db`, the same bytes for the same league.

An archive is somebody else's until it is checked. First, and before a byte is written: its members are these two and
nothing else, of the sizes that they say, no bomb, with the hashes of the manifest. Then, beside its place: the database
has a league's tables alone, every byte is as it was recorded, and its digest is that of the manifest. Only then is it moved
to where it is to be. No name in an archive ever becomes the name of a file.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import struct
import zlib
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from arena.errors import AlreadyExists, BadArchive, Damaged, DiskFull, NotFound, SchemaMismatch
from arena.file import VERSION
from arena.formats import demand_file
from arena.kept import untrue_boards
from arena.names import safe
from arena.reckoning import disagreements
from arena.snapshot import admit, settle, take
from arena.store import Store
from games.errors import ArenaError

FORMAT = 1  # of archives
MANIFEST, LEAGUE = "manifest.json", "league.db"
LONGEST = 1 << 16  # bytes of a manifest
RATIO = 100  # a member that unpacks to more than so many times its size is a bomb; leagues pack 2 to 20 times
_FREE = 1 << 20  # bytes that may unpack from anything
_PIECE = 1 << 20
_TWO = f"two members, {MANIFEST} and {LEAGUE}"
_NAMED = 8  # members of another archive
_LIST = 4096  # bytes of the list of two members
_LAST = struct.Struct("<4s4H2LH")  # the end of a zip, without a comment
_LAST64 = struct.Struct("<4s28xQQ8x20x")  # what stands before it in a large one, and where that is
_RETRY = "get the archive again; nothing was imported"
_BROKEN = (BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Manifest:
    """What an archive says of the league in it."""

    schema: str
    digest: str
    agents: int
    matches: int
    bytes: int  # of the league's file
    sha256: str
    existed: bool = False  # whether this very league was there already

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        said = asdict(self)
        return {"schema": 1, "league_schema": said.pop("schema"), **said}


_TOLD = ("digest", "agents", "matches")  # by a league's status and by the manifest of its archive
_LIKE = Manifest("", "", 0, 0, 0, "")


def pack(league: Path, out: BinaryIO, *, draft: Path) -> Manifest:
    """Writes the archive of a league; `draft` is a place for its copy, which is gone afterwards."""
    try:
        take(league, draft)
        with Store.open(draft) as store:
            status = store.status()
        about = {key: status[key] for key in ("schema", "digest", "agents", "matches")}
        with draft.open("rb") as file:
            manifest = Manifest(**about, bytes=draft.stat().st_size, sha256=_sha(file))
        start = out.tell()
        if _zipped(out, draft, manifest, ZIP_DEFLATED) * RATIO < manifest.bytes:  # which nobody would let in again
            out.seek(start)
            out.truncate()
            _zipped(out, draft, manifest, ZIP_STORED)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def check(source: Path) -> Manifest:
    """Reads an archive to its end and writes nothing. Raises `BadArchive`, `SchemaMismatch`, `NotFound`."""
    demand_file(source)
    try:
        with source.open("rb") as file:
            _look(file)
            with ZipFile(file) as archive:
                manifest = _manifest(archive)
                with archive.open(LEAGUE) as member:
                    if _sha(member) != manifest.sha256:
                        raise BadArchive(
                            f"{LEAGUE} in {source.name} is not what its hash says", hint="get the archive again"
                        )
    except (*_BROKEN, OSError) as error:  # a wrong place in the file is the system's error
        raise _unreadable(source, error) from error
    return manifest


def unpack(source: Path, target: Path, *, dry_run: bool = False) -> Manifest:
    """Makes a new league of an archive, or nothing. With `dry_run` the archive is checked, and not what is in its league.

    Raises what `check` raises, `AlreadyExists` unless this very league is there, `Damaged`, `DiskFull`.
    """
    manifest = check(source)
    if target.exists() and target.stat().st_size:
        return _again(target, manifest)
    if not target.absolute().parent.is_dir():
        raise NotFound(f"there is no folder {target.parent}", hint="make it first")
    if shutil.disk_usage(target.absolute().parent).free < manifest.bytes:
        raise DiskFull.at(target.absolute())
    if dry_run:
        return manifest
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    _clear(draft)  # of one that was killed
    try:
        with ZipFile(source) as archive, archive.open(LEAGUE) as member, draft.open("xb") as out:
            shutil.copyfileobj(member, out, _PIECE)
        _prove(draft, manifest)
        settle(draft, target)
    except _BROKEN as error:
        raise _unreadable(source, error) from error
    finally:
        _clear(draft)
    return manifest


def _clear(draft: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + end).unlink(missing_ok=True)


def _look(file: BinaryIO) -> None:
    """Reads the very end, where a zip says how long the list of its members is, before anything reads that list."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LAST.size - _LAST64.size))
    end = file.read()
    if not end[-_LAST.size :].startswith(b"PK\5\6"):
        raise BadZipFile("it is cut short, or no zip")
    count, length = _LAST.unpack(end[-_LAST.size :])[4:6]
    if len(end) == _LAST.size + _LAST64.size and end.startswith(b"PK\6\6"):  # of a zip beyond 4 GB
        count, length = _LAST64.unpack(end[: _LAST64.size])[1:3]
    if length > _LIST:
        raise _strange(f"it has {_TWO}, this one {count:,}, with a list of {length:,} bytes")


def _manifest(archive: ZipFile) -> Manifest:
    members = archive.infolist()
    for member in members:
        _refuse(member)
    names = sorted(member.filename for member in members)
    if names != sorted((MANIFEST, LEAGUE)):
        found = [safe(name) for name in names[:_NAMED]] + ["..."] * (len(names) > _NAMED)
        raise _strange(f"it has {_TWO}, in this one are {', '.join(found) or 'none'}")
    if archive.getinfo(MANIFEST).file_size > LONGEST:
        raise _strange(f"its manifest has {archive.getinfo(MANIFEST).file_size:,} bytes, at most {LONGEST:,} are read")
    manifest = _read(archive.read(MANIFEST))
    if manifest.bytes != archive.getinfo(LEAGUE).file_size:
        raise _strange(f"{LEAGUE} has {archive.getinfo(LEAGUE).file_size:,} bytes, the manifest says {manifest.bytes:,}")
    return manifest


def _refuse(member: ZipInfo) -> None:
    """Raises `BadArchive` for a member that could be anything but a small or honestly packed file of its own name."""
    path, kind = member.orig_filename, stat.S_IFMT(member.external_attr >> 16)
    name = safe(path)
    if path.startswith(("/", "\\")) or path[1:2] == ":":
        raise _strange(f"the member {name!r} has an absolute path")
    if ".." in path.replace("\\", "/").split("/"):
        raise _strange(f"the member {name!r} leads out of the archive")
    if kind not in (0, stat.S_IFREG) or member.is_dir():
        what = "a link" if kind == stat.S_IFLNK else "a folder" if member.is_dir() else "a device or a pipe"
        raise _strange(f"the member {name!r} is {what}")
    if member.flag_bits & 1 or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise _strange(f"the member {name!r} is encrypted, or packed in an unknown way")
    if member.file_size > max(_FREE, RATIO * member.compress_size):
        raise _strange(f"the member {name!r} would unpack from {member.compress_size:,} to {member.file_size:,} bytes")


def _read(said: bytes) -> Manifest:
    try:
        facts = json.loads(said)
        form, league = facts.pop("arena"), facts.pop("members")[LEAGUE]
        manifest = Manifest(**facts, **league)
        sound = all(type(value) is type(like) for value, like in zip(astuple(manifest), astuple(_LIKE), strict=True))
        if not sound or type(form) is not int or manifest.existed:
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _strange("its manifest cannot be read") from None
    if form != FORMAT or manifest.schema > VERSION:
        raise SchemaMismatch(
            f"the archive was written by a newer Arena: format {form}, schema {manifest.schema}; "
            f"expected at most {FORMAT} and {VERSION}",
            hint="install a newer arena-league; nothing was imported",
        )
    return manifest


def _prove(draft: Path, manifest: Manifest) -> None:
    """Holds an unpacked league to its manifest and to itself. Raises `Damaged`, `BadArchive`, `SchemaMismatch`."""
    with draft.open("rb") as file:
        if _sha(file) != manifest.sha256:
            raise Damaged("the archive changed while it was read", hint="import it again")
    try:
        admit(draft)
    except SchemaMismatch:
        raise
    except ArenaError as error:
        raise BadArchive(_here(error.cause, draft), hint=_RETRY) from error
    with Store.open(draft) as store:
        found = store.verify() or disagreements(store) or untrue_boards(store)
        status = store.status()
    said = asdict(manifest)
    found += [f"its {key} is {status[key]}, the manifest says {said[key]}" for key in _TOLD if status[key] != said[key]]
    if found:
        problem = safe(found[0])
        raise Damaged(
            f"the league in the archive is damaged: {problem}", hint="get the archive again; nothing was imported"
        )
    with Store.open(draft, write=True) as store:
        store.distrust()


def _again(target: Path, manifest: Manifest) -> Manifest:
    with suppress(ArenaError), Store.open(target) as store:
        if store.digest() == manifest.digest:
            return Manifest(**{**asdict(manifest), "existed": True})
    raise AlreadyExists(f"{target} exists already, and is another league", hint="name a new one: --league FILE")


def _zipped(out: BinaryIO, league: Path, manifest: Manifest, way: int) -> int:
    """Writes the two members; returns to how many bytes the league was packed."""
    said: dict[str, Any] = {**asdict(manifest), "arena": FORMAT}
    del said["existed"]
    said["members"] = {LEAGUE: {key: said.pop(key) for key in ("bytes", "sha256")}}
    with ZipFile(out, "w", way, compresslevel=6) as archive:
        _add(archive, MANIFEST, BytesIO(json.dumps(said, indent=2, sort_keys=True).encode()), way)
        with league.open("rb") as file:
            _add(archive, LEAGUE, file, way)
        return archive.getinfo(LEAGUE).compress_size


def _add(archive: ZipFile, name: str, source: BinaryIO, way: int) -> None:
    member = ZipInfo(name)  # of 1980, so that no clock is in it
    member.compress_type, member.external_attr = way, (stat.S_IFREG | 0o644) << 16
    with archive.open(member, "w", force_zip64=True) as out:
        shutil.copyfileobj(source, out, _PIECE)


def _sha(file: IO[bytes]) -> str:
    total = sha256()
    while piece := file.read(_PIECE):
        total.update(piece)
    return total.hexdigest()


def _strange(what: str) -> BadArchive:
    return BadArchive(
        f"this is no archive of a league: {what}", hint="`arena export -o FILE` makes one; nothing was imported"
    )


def _unreadable(source: Path, error: Exception) -> BadArchive:
    return BadArchive(f"{source.name} cannot be read: {error}", hint=_RETRY)


def _here(cause: str, draft: Path) -> str:
    """A cause without the name of a file that nobody knows."""
    return cause.replace(str(draft), "the league in the archive")
