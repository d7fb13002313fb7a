"""What emerges when hiders and seekers have nobody to learn from but each other?

Question   Agents are paid for being seen or not, and for nothing else. Do they come to chase, to move boxes, to lock them,
           to shut themselves in? Which checkpoint first shows what, and how far do they get beside scripted bots?
Method     A league of one learner, a PPO that plays both teams, and a random player. In each round it trains against itself
           (80 %) and the pool (20 %), and is frozen. Bots join when all training is over. Then every checkpoint plays, on
           boards that are the same for all, itself, the bots and the others; `hideouts.py` counts what it does. A
           checkpoint is the first to show a behaviour if it and all later ones differ from the untrained one, the way that
           learning should lead, by more than three standard errors of the mean difference by board.
Paper      Baker et al. 2020, "Emergent Tool Use From Multi-Agent Autocurricula", ICLR: stages over millions of episodes.
Expect     In minutes chases and flight, and boxes locked more than by chance; forts rarely, and no answer to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations_with_replacement
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arena.labs.hideouts import CHASES, CLOSED, HIDERS_LOCK, MEASURES, MOVED, SEEKERS_LOCK, UNSEEN, measured
from arena.labs.lab import Finding, Run, onset, spread
from arena.league import League
from arena.match import Result
from arena.season import Event, RoundBegan
from games import arguments
from games.hide_and_seek import HideAndSeek
from games.registry import GAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RULES = "hide_and_seek(6, hiders=2, seekers=1, boxes=3, steps=32, preparation=0.5)"
GAME: HideAndSeek = GAMES.make(RULES)
LEARNER = "ppo(hidden=(64, 64), lr=2e-3, decay=0.95, entropy=0.003, epochs=4)"
HIDING = "unseen by the chaser"
SEEKING = {"chaser": "still ones unseen", **{bot: f"{bot}s unseen" for bot in ("uniform", "hideout", "barricader")}}
EXPECTED = {  # to be more (1) or less (-1) by learning; of the time unseen by itself nothing is to be expected
    **dict.fromkeys((MOVED, HIDERS_LOCK, SEEKERS_LOCK, CLOSED, CHASES, HIDING), 1),
    **dict.fromkeys(SEEKING.values(), -1),
}
BOARDS = 200  # on which each checkpoint is judged


def emergence(run: Run, rounds: int | None = None, train: int | None = None) -> Finding:
    """What each checkpoint of a hide-and-seek league does, and which one shows it first.

    rounds  of training (8, quick 1)
    train   decisions to learn from in each (400,000, quick 3000)
    """
    rounds = arguments.whole("rounds", run.pick(8, 1, given=rounds), low=1, high=1000)
    train, boards = arguments.whole("train", run.pick(400_000, 3000, given=train), low=1), run.pick(BOARDS, 24)
    found: list[dict[str, list[Tensor]]] = []  # by seed and measure: the values (B,) of each checkpoint
    duels: list[list[list[float]]] = []  # by seed: the time unseen, by the hiders' checkpoint and the seekers'
    for seed in range(run.seeds):
        with _league(run, seed) as league:
            versions = _trained(league, run, rounds=rounds, train=train, seed=seed)
            found.append(_judged(league, versions, boards=boards))
            duels.append(_duels(league, versions, boards=boards // 4))
            scripted = _scripted(league, boards=boards)
    means = {name: [[float(one.nanmean()) for one in seed[name]] for seed in found] for name in found[0]}
    first = {name: [onset(seed[name], sign=sign) for seed in found] for name, sign in EXPECTED.items()}
    rows = []
    for name, of in means.items():
        versions = [f"@{version}" if version else "never" for version in first.get(name, [])]
        untrained, last = (spread([values[place] for values in of]) for place in (0, -1))
        rows.append((name, untrained, last, ", ".join(versions), f"{scripted[name]:.2f}"))

    def draw(axes: Sequence[Axes]) -> None:
        for axis, title, names in ((axes[0], "itself", MEASURES), (axes[1], "bots", (HIDING, *SEEKING.values()))):
            for name in names:
                axis.plot(range(1, rounds + 2), [fmean(one) for one in zip(*means[name], strict=True)], "o-", label=name)
            axis.set(xlabel="checkpoint", ylabel="share", ylim=(0, 1), title=f"against {title}, mean of the seeds")
            axis.legend(fontsize="x-small")
        cells = torch.tensor(duels).mean(0).tolist()
        picture = axes[2].imshow(cells, origin="lower", extent=(0.5, rounds + 1.5, 0.5, rounds + 1.5))
        axes[2].set(xlabel="seekers' checkpoint", ylabel="hiders' checkpoint", title="time unseen")
        axes[2].figure.colorbar(picture, ax=axes[2])

    numbers = {"means": means, "first": first, "scripted": scripted, "duels": duels}
    headers = ["measure", "untrained", "last", "first shown, by seed", "scripted"]
    return Finding(headers, rows, _sentence(means, first, scripted), numbers, draw, panels=3)


@contextmanager
def _league(run: Run, seed: int) -> Iterator[League]:
    """A new league, which in the end is left in the run's folder, for whoever wants to see its matches."""
    with TemporaryDirectory() as folder:
        league = League(Path(folder) / "league.db")
        yield league
        if run.folder is not None:
            kept = run.folder / f"{run.stem}-{seed}.db"
            kept.unlink(missing_ok=True)
            league.backup(kept)


def _trained(league: League, run: Run, *, rounds: int, train: int, seed: int) -> list[str]:
    """Trains in one season and answers the checkpoints; in a second one they meet the bots, for whoever wants to see it."""

    def notify(event: Event) -> None:
        if isinstance(event, RoundBegan):
            done, what = (event.number, "round {}") if event.learners else (rounds, "all that it has learned")
            run.notify(seed * (rounds + 1) + done, run.seeds * (rounds + 1), f"seed {seed}, {what.format(done + 1)}")

    player = f"player{seed}"  # an agent's first weights go by its name
    for name, spec in ((player, LEARNER), ("uniform", "uniform")):
        league.register(name, spec, game=RULES, check=False)
    league.run_season(RULES, rounds=rounds, train=train, boards=256, games=8, seed=seed, notify=notify)
    for bot in ("chaser", "hideout", "barricader"):
        league.register(bot, bot, game=RULES, check=False)
    league.run_season(RULES, rounds=1, train=0, games=8, history=rounds, seed=seed, notify=notify)
    return [str(row.checkpoint) for row in league.agent(player).checkpoints]


def _judged(league: League, versions: Sequence[str], *, boards: int) -> dict[str, list[Tensor]]:
    """Every checkpoint against itself and against the bots."""
    found: dict[str, list[Tensor]] = {}
    for one in versions:
        told = measured(GAME, _met(league, one, one, boards=boards)[0])
        met = {bot: _met(league, one, bot, boards=boards) for bot in SEEKING}
        told[HIDING] = _unseen(met["chaser"][0])
        told |= {name: _unseen(met[bot][1]) for bot, name in SEEKING.items()}
        for name, values in told.items():
            found.setdefault(name, []).append(values)
    return found


def _scripted(league: League, *, boards: int) -> dict[str, float]:
    """What bots come to: the barricader hides, the chaser seeks."""
    told = measured(GAME, _met(league, "barricader", "chaser", boards=boards)[0])
    told |= {name: _unseen(_met(league, bot, "chaser", boards=boards)[0]) for bot, name in SEEKING.items()}
    return {name: float(values.nanmean()) for name, values in {**told, HIDING: told[UNSEEN]}.items()}


def _duels(league: League, versions: Sequence[str], *, boards: int) -> list[list[float]]:
    """The time unseen, by the hiders' checkpoint and the seekers'."""
    cells = [[0.0] * len(versions) for _ in versions]
    for row, column in combinations_with_replacement(range(len(versions)), 2):
        hides, seeks = _met(league, versions[row], versions[column], boards=boards)
        cells[row][column], cells[column][row] = float(_unseen(hides).mean()), float(_unseen(seeks).mean())
    return cells


def _met(league: League, one: str, other: str, *, boards: int) -> tuple[Sequence[Result], Sequence[Result]]:
    """Matches in which the first hides, and those in which it seeks: on boards that are the same whoever plays."""
    results = league.exhibition([one, other], games=2 * boards).results  # they change sides
    return results[::2], results[1::2]


def _unseen(results: Sequence[Result]) -> Tensor:
    """(B,): the time unseen, which is what hiders are paid for."""
    return torch.tensor([(1 + result.returns[0]) / 2 for result in results])


def _sentence(
    means: Mapping[str, list[list[float]]], first: Mapping[str, list[int | None]], scripted: Mapping[str, float]
) -> str:
    said = []
    for name in (CHASES, HIDERS_LOCK, CLOSED, MOVED, SEEKERS_LOCK):
        versions = [version for version in first[name] if version]
        since = f" (from @{min(versions)})" if versions else ""
        said.append(f"{name} in {len(versions)} of {len(first[name])} seeds{since}")
    untrained, last = (fmean(one[place] for one in means[HIDING]) for place in (0, -1))
    return (
        f"More than untrained: {'; '.join(said)}. Hiders stay unseen by the chaser {last:.2f} of the time, untrained"
        f" {untrained:.2f}, the barricader {scripted[HIDING]:.2f}."
    )
