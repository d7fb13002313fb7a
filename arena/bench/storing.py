"""The log: how fast matches are recorded, and how long those wait who read it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from arena.bench.lap import Unit
from arena.bench.leagues import CHUNK, chunks, copied, opened, planned, recorded, registered
from arena.bench.measure import OURS, Bench, Figure
from arena.store import Store

COMMAND = (sys.executable, "-P", "-c", "from arena.cli import main; main()")


def recording(bench: Bench, matches: int = 20_480) -> Iterator[Figure]:
    """Matches into the log, chunk by chunk, each synced to the disk."""
    matches = 2 * CHUNK if bench.quick else matches
    with registered("connect_four", {}) as path:
        with Store.open(path, write=True) as store:
            season, cast = opened(store)
            results = planned(store, season, 0, cast, first=0, count=matches)

        def record() -> dict[str, float]:
            with copied(path) as league:
                with Store.open(league, write=True) as store:
                    for chunk in chunks(results):
                        store.record(season, 0, chunk)
                return {"matches": matches, "bytes": league.stat().st_size}

        found = bench.race({OURS: record})[OURS]
    yield Figure(f"chunks of {CHUNK}", "matches/s", found.rate("matches"))
    yield Figure(f"chunks of {CHUNK}, with waits for the disk", "matches/s", found.rate("matches"), "wall")
    yield Figure("a match of 25 moves", "bytes", found.amount("bytes").over(matches), None)


def leaderboard(bench: Bench, matches: int = 100_000) -> Iterator[Figure]:
    """Whole processes: the help, the leaderboard, all checkpoints of it, a page of the log."""
    matches = 1000 if bench.quick else matches
    with recorded(matches) as path:
        asked = {"--help": "0.2 s", "leaderboard": "0.3 s (at most 0.5 s)", "leaderboard --all": "", "matches list": ""}
        found = bench.race({words: _command(path, words) for words in asked})
    for words, aim in asked.items():
        yield Figure(f"arena {words}, {matches:,} matches", "s", found[words].seconds(), "wall", aim=aim)


def _command(league: Path, words: str) -> Unit:
    def call() -> dict[str, float]:
        subprocess.run([*COMMAND, "-q", "--league", league, *words.split()], check=True, stdout=subprocess.DEVNULL)
        return {}

    return call
