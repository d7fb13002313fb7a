"""The axelrod library: round robins of the iterated prisoner's dilemma, one match at a time."""

from __future__ import annotations

from arena.bench.lap import Unit
from arena.bench.peers import need

FIELD = "Cooperator Defector Random Alternator TitForTat SuspiciousTitForTat GTFT TitFor2Tats WinStayLoseShift Grudger"


def tournament(turns: int = 200, repetitions: int = 2, summaries: bool = True) -> Unit:
    """Everybody against everybody and themselves; without summaries nothing is made of what was played."""
    library = need("axelrod")
    field = [getattr(library, name)() for name in FIELD.split()]

    def play() -> dict[str, float]:
        contest = library.Tournament(field, turns=turns, repetitions=repetitions, seed=1)
        contest.play(progress_bar=False, build_results=summaries, processes=None)
        return {"matches": repetitions * len(field) * (len(field) + 1) / 2}

    return play
