"""Axelrod's tournament: scripted agents at the iterated prisoner's dilemma, every result stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena.bench.lap import Unit
from arena.bench.leagues import copied, registered
from arena.bench.measure import OURS, Bench, Figure, compared
from arena.league import League

FIELD = (
    "cooperator",
    "defector",
    "coin",
    "alternator",
    "tit_for_tat",
    "suspicious_tit_for_tat",
    "generous_tit_for_tat",
    "tit_for_two_tats",
    "win_stay_lose_shift",
    "grudger",
)


def dilemma(bench: Bench, turns: int = 200, games: int = 800, chunks: Sequence[int] = (16_384, 65_536)) -> Iterator[Figure]:
    """Matches of a whole season a second: planned, played, recorded, rated. axelrod's are played and summed up.

    Of 40,000 matches, since it is for so many that anybody waits: a season takes a twentieth of a second to begin and to
    end, however many it has. axelrod plays one after the other, as fast in a short tournament as in a long one.
    """
    if bench.quick:
        turns, games, chunks = 5, 2, (64,)
    peers = {
        "axelrod": f"axelrod_tournament(turns={turns})",
        "axelrod, no summaries": f"axelrod_tournament(turns={turns}, summaries=False)",
    }
    game = f"prisoners_dilemma(rounds={turns})"
    with registered(game, {name: name for name in FIELD}) as path:

        def season(chunk: int) -> Unit:
            def run() -> dict[str, float]:
                with copied(path) as league:
                    League(league).run_season(game, rounds=1, train=0, games=games, chunk=chunk)
                    return {"matches": League(league).status()["matches"]}

            return run

        units = {str(chunk): season(chunk) for chunk in chunks}
        best = bench.fastest(units, "matches")
        found = bench.race({OURS: units[best]}, peers)
    what = f"{len(FIELD)} classics, {turns} turns, chunks of {best}"
    yield from compared(what, "matches/s", found, aims={"axelrod": "500 x (at least 50 x)"})
