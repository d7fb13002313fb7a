"""Axelrod's first tournament, played again.

Question   In 1980, tit for tat won a round robin of 15 programs at the iterated prisoner's dilemma. Does it still?
Method     All 15, as scripted agents, against each other and their own twins: 200 turns, five matches a pair, on several
           seeds. What counts is the mean score in a match, of which 600 is mutual cooperation throughout.
Paper      Axelrod 1980, "Effective Choice in the Prisoner's Dilemma", J. Conflict Resolution 24: the scores beside ours.
Expect     The eight nice rules, which never defect first, far ahead of the seven others, as published. The order among
           the eight hangs on details of programs that are lost: the axelrod library does not get tit for tat first either.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from statistics import fmean
from typing import TYPE_CHECKING

from arena.labs.lab import Finding, Run, spearman, spread
from arena.match import Checkpoint, Match
from arena.roster import Roster
from arena.runner import play
from games import arguments
from games.chance import derive
from games.dilemmas import prisoners_dilemma

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TURNS, MATCHES = 200, 5
NICE = 8  # the first so many never defect first
PUBLISHED = {  # mean scores, in the order of the places
    "tit_for_tat": 504,
    "tideman_chieruzzi": 500,
    "nydegger": 486,
    "grofman": 482,
    "shubik": 481,
    "stein_rapoport": 478,
    "grudger": 473,
    "davis": 472,
    "graaskamp": 401,
    "downing": 391,
    "feld": 328,
    "joss": 304,
    "tullock": 301,
    "anonymous": 282,
    "coin": 276,
}
CALLED = {"grudger": "grudger (Friedman)", "coin": "coin (random)"}


def axelrod_first(run: Run, turns: int = TURNS) -> Finding:
    """Mean scores and places, beside the published ones."""
    turns, matches = arguments.whole("turns", turns, low=1, high=100_000), run.pick(MATCHES, 1)
    scores: dict[str, list[float]] = {name: [] for name in PUBLISHED}
    for seed in run.each(range(run.seeds), "tournament {}"):
        for name, score in tournament(tuple(PUBLISHED), turns=turns, matches=matches, seed=seed).items():
            scores[name].append(score)
    means = {name: fmean(found) for name, found in scores.items()}
    order = sorted(means, key=lambda name: -means[name])
    published = list(PUBLISHED)
    columns = 5 if turns == TURNS else 4  # the published scores are of matches of 200 turns
    rows = [
        (CALLED.get(name, name), place + 1, spread(scores[name], 0), published.index(name) + 1, PUBLISHED[name])[:columns]
        for place, name in enumerate(order)
    ]

    def draw(axes: Sequence[Axes]) -> None:
        for place, name in enumerate(reversed(published)):
            axes[0].plot(scores[name], [place] * len(scores[name]), "o", color="C0", alpha=0.4)
            if turns == TURNS:
                axes[0].plot(PUBLISHED[name], place, "kx")
        axes[0].set_yticks(range(len(published)), [CALLED.get(name, name) for name in reversed(published)])
        crosses = ", published (crosses)" * (turns == TURNS)
        axes[0].set(xlabel=f"mean score in a match of {turns} turns", title=f"ours (dots, one a seed){crosses}")

    agreement = spearman(list(means.values()), list(PUBLISHED.values()))
    nice = sum(name in published[:NICE] for name in order[:NICE])
    sentence = (
        f"Tit for tat came {order.index('tit_for_tat') + 1}. of 15 with {means['tit_for_tat']:.0f} points, {order[0]} first"
        f" with {means[order[0]]:.0f}; {nice} of the {NICE} nice rules took the first {NICE} places; our places and the"
        f" published ones have a rank correlation of {agreement:.2f}."
    )
    numbers = {"scores": scores, "published": PUBLISHED, "rank_correlation": agreement}
    headers = ["entrant", "place", "mean score", "published place", "published"]
    return Finding(headers[:columns], rows, sentence, numbers, draw)


def tournament(entrants: Sequence[str], *, turns: int, matches: int, seed: int) -> dict[str, float]:
    """A round robin with twins: the mean score of each entrant in a match."""
    game = prisoners_dilemma(rounds=turns)
    field = [Checkpoint.make(name, 1, spec=name) for name in entrants]
    pairs = [pair for pair in combinations_with_replacement(field, 2) for _ in range(matches)]
    played = [Match(place, derive(seed, place), pair) for place, pair in enumerate(pairs)]
    roster = Roster(game.spec, no_weights)
    results = play(game, played, roster.cast(set(field))).results
    roster.close()
    scores: dict[str, dict[str, list[float]]] = {name: {other: [] for other in entrants} for name in entrants}
    for result in results:
        one, other = (who.agent for who in result.match.lineup)
        scores[one][other].append(result.returns[0])
        scores[other][one].append(result.returns[1])
    return {name: fmean(fmean(found) for found in against.values()) for name, against in scores.items()}


def no_weights(sha: str) -> bytes:
    """Scripted agents have none."""
    raise AssertionError(sha)
