"""How long a user waits: `arena --help`, and `arena leaderboard` on a league of 100,000 matches; `--all` is not kept ready.

Run by hand: `make bench`. Prints medians of whole processes; nothing here is asserted, machines are noisy.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from arena.kept import keep_boards
from arena.match import Checkpoint, Entrant, Match, Result
from arena.ratings.fold import fold_round
from arena.ratings.model import Standings
from arena.ratings.trueskill import TrueSkill
from arena.store import Store
from games.connect_four import ConnectFour

MATCHES, AGENTS, GAMES, CHUNK, RUNS = 100_000, 40, 16, 128, 7


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "league.db")
        seconds, busy = build(path)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        speed = f"{MATCHES / seconds:,.0f} matches/s ({MATCHES / busy:,.0f} by processor time)"
        print(f"recorded at {speed}, {size / MATCHES:.0f} bytes a match")
        for words in (["--help"], ["leaderboard"], ["leaderboard", "--all"], ["matches", "list"]):
            print(f"arena {' '.join(words):24} {median_seconds(['--league', str(path), *words]):.3f} s")


def build(path: Path) -> tuple[float, float]:
    """A league of random results between agents of different strength; the seconds of recording, and the busy ones."""
    game, chance = ConnectFour().spec, random.Random(1)
    with Store.open(path, write=True) as store:
        store.add_game(game.name, game)
        cast = [store.register(Entrant(f"agent-{index}", "uniform", game.name)) for index in range(AGENTS)]
        season = store.open_season(game.name, settings={}, seed=0, entrants=[one.agent for one in cast])
        store.open_round(season.id, 0, cast)
        matches = list(fixtures(cast, chance))
        store.save_plan(season.id, 0, matches)
        results = [outcome(match, chance) for match in matches]
        began, began_busy = time.perf_counter(), time.process_time()
        for start in range(0, MATCHES, CHUNK):
            store.record(season.id, 0, results[start : start + CHUNK])
        seconds, busy = time.perf_counter() - began, time.process_time() - began_busy
        standings = fold_round(Standings(), results, game, TrueSkill())
        store.close_round(season.id, 0, standings)
        store.close_season(season.id)
        keep_boards(store)  # as `League.run_season` does
    return seconds, busy


def fixtures(cast: list[Checkpoint], chance: random.Random) -> Iterator[Match]:
    """Mirrored pairs, so many of one pairing in a row: as a round robin plays them."""
    for ordinal in range(MATCHES):
        if ordinal % GAMES == 0:
            pairing = chance.sample(cast, 2)
        if ordinal % 2 == 0:
            seed = chance.getrandbits(62)
        yield Match(ordinal, seed, tuple(pairing[:: 1 - 2 * (ordinal % 2)]))


def outcome(match: Match, chance: random.Random) -> Result:
    """The agent of the higher number mostly wins, after about as many moves as Connect Four takes."""
    strength = [int(one.agent.removeprefix("agent-")) for one in match.lineup]
    won = 0 if chance.random() < 1 / (1 + 1.1 ** (strength[1] - strength[0])) else 1
    steps = chance.randint(7, 42)
    return Result(match, (1.0, -1.0) if won == 0 else (-1.0, 1.0), steps, chance.randbytes(steps))


def median_seconds(words: list[str]) -> float:
    """Of whole processes, the first one not counted."""
    times = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        command = [Path(sys.executable).with_name("arena"), "-q", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


if __name__ == "__main__":
    main()
