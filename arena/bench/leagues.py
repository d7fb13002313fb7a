"""Leagues to measure: some with agents that have yet to meet, some with a log of made-up results of any length."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from arena.league import League
from arena.match import Checkpoint, Entrant, Match, Result
from arena.ratings.fold import fold_round
from arena.ratings.trueskill import TrueSkill
from arena.store import Store
from games.registry import GAMES

GAME, AGENTS, CHUNK, ROUND = "connect_four", 40, 128, 100_000
GAMES_OF_A_PAIRING = 16


@contextmanager
def registered(game: str, field: Mapping[str, str]) -> Iterator[Path]:
    """A league of agents, name by name with their specs, in which nobody has played."""
    with tempfile.TemporaryDirectory(prefix="arena-bench-") as folder:
        path = Path(folder, "league.db")
        for name, spec in field.items():
            League(path).register(name, spec, game=game, check=False)
        yield path


@contextmanager
def copied(league: Path) -> Iterator[Path]:
    """A copy, so that each season begins where the last one began."""
    with tempfile.TemporaryDirectory(prefix="arena-bench-") as folder:
        yield Path(shutil.copy(league, folder))


@contextmanager
def recorded(matches: int) -> Iterator[Path]:
    """A league of so many random results, rated round by round, and of two that were played."""
    with registered(GAME, {}) as path:
        with Store.open(path, write=True) as store:
            season, cast = opened(store)
            standings, spec = store.standings(GAME), GAMES.make(GAME).spec
            for number, first in enumerate(range(0, matches, ROUND)):
                results = planned(store, season, number, cast, first=first, count=min(ROUND, matches - first))
                for chunk in chunks(results):
                    store.record(season, number, chunk)
                standings = fold_round(standings, results, spec, TrueSkill())
                store.close_round(season, number, standings)
            store.close_season(season)
        # A season that was really run leaves the file as every season does, with whatever it keeps ready for readers.
        League(path).run_season(GAME, [one.agent for one in cast[:2]], rounds=1, train=0, games=2)
        yield path


def opened(store: Store) -> tuple[int, list[Checkpoint]]:
    """A season's number and its cast."""
    store.add_game(GAME, GAMES.make(GAME).spec)
    cast = [store.register(Entrant(f"agent-{index}", "uniform", GAME)) for index in range(AGENTS)]
    return store.open_season(GAME, settings={}, seed=0, entrants=[one.agent for one in cast]).id, cast


def planned(store: Store, season: int, number: int, cast: Sequence[Checkpoint], *, first: int, count: int) -> list[Result]:
    """Opens a round and plans its matches; the results that they are to have."""
    chance = random.Random(number)
    store.open_round(season, number, cast)
    matches = [Match(first + i, seed, lineup) for i, (seed, lineup) in enumerate(islice(fixtures(cast, chance), count))]
    store.save_plan(season, number, matches)
    return [outcome(match, chance) for match in matches]


def fixtures(cast: Sequence[Checkpoint], chance: random.Random) -> Iterator[tuple[int, tuple[Checkpoint, ...]]]:
    """Seeds and lineups in mirrored pairs, so many of one pairing in a row: as a round robin plays them."""
    while True:
        one, other = chance.sample(cast, 2)
        for seed in [chance.getrandbits(62) for _ in range(GAMES_OF_A_PAIRING // 2)]:
            yield seed, (one, other)
            yield seed, (other, one)


def chunks(results: Sequence[Result]) -> Iterator[Sequence[Result]]:
    return (results[start : start + CHUNK] for start in range(0, len(results), CHUNK))


def outcome(match: Match, chance: random.Random) -> Result:
    """The agent of the higher number mostly wins, after about as many moves as Connect Four takes."""
    one, other = (int(who.agent.removeprefix("agent-")) for who in match.lineup)
    won = 0 if chance.random() < 1 / (1 + 1.1 ** (other - one)) else 1
    steps = chance.randint(7, 42)
    return Result(match, (1.0, -1.0) if won == 0 else (-1.0, 1.0), steps, chance.randbytes(steps))
