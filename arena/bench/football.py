"""Football: how well rating models foretell 150 years of matches between countries, with settings found beforehand.

Results are imported as `arena import` does it and taken in the order of their dates. Settings are tuned on the first 70 %
of the matches, of which the first half is only learned from; the figure is the log-loss of the last 30 %, each foretold
from all before it. Tuning is a pattern search (Hooke and Jeeves, "'Direct search' solution of numerical and statistical
problems", JACM 1961): one setting after another is stretched or shrunk, what helped is tried again, and then by less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from arena.appraiser import rating_model
from arena.bench.measure import Bench, Figure, Reading
from arena.league import League
from arena.match import Comparison
from arena.ratings.forecast import BaseRate, Forecaster, forecaster
from arena.ratings.walk_forward import walk_forward
from arena.reckoning import proved
from arena.store import Store
from games.errors import MissingExtra
from games.registry import Spec

FILE = "football_international_results.csv"
SOURCE = "https://github.com/martj42/international_results"
TUNED = 0.7  # of the matches
STEP, LEAST = 1.5, 1.1  # a setting is stretched by so much at first, and at last
WORTH = 1e-5  # what that must gain, or settings that hardly matter would run away
AIM = "at most 0.876"

# What is tuned, and where the search begins. The spread of newcomers stays: only its ratio to the others matters.
STARTS = {
    "trueskill(side=None)": {"beta": 25 / 6, "drift": 0.3, "draw": 0.3, "side_tau": 0.01, "lapse": 0.02},
    "elo": {"k": 40.0, "side": 100.0, "draw": 0.3},
    "openskill": {"beta": 25 / 6, "tau": 0.3, "draw": 0.3},
}
Settings = dict[str, float]


def football(bench: Bench, file: str = FILE) -> Iterator[Figure]:
    """W/D/L log-loss of the last 30 %: of the base rate, of models as they come, and of tuned ones with their settings."""
    if not Path(file).is_file():
        bench.absent["football"] = f"there is no {file}: get results.csv of {SOURCE}, and name it: 'football(file=\"...\")'"
        return
    played = _read(file)
    played = played[:1000] if bench.quick else played
    cut = int(len(played) * TUNED)
    yield _figure("base rate", _loss(played, BaseRate(), cut))
    for name in ("trueskill", "davidson"):
        yield _figure(name, _loss(played, forecaster(rating_model(name)), cut))
    for name, start in STARTS.items():
        try:
            rating_model(name)
        except MissingExtra as missing:
            bench.absent[name] = f"{missing.cause}: {missing.hint}"
            continue
        found = tuned(_tried(name, played[:cut], cut // 2), start, least=STEP if bench.quick else LEAST)
        text = spec(name, found)
        yield _figure(text, _loss(played, forecaster(rating_model(text)), cut), aim=AIM * text.startswith("trueskill"))


def tuned(loss: Callable[[Settings], float], start: Settings, *, step: float = STEP, least: float = LEAST) -> Settings:
    """Settings, all above 0, near which no others lose much less; of three digits, so that they can be written down."""
    known: dict[tuple[float, ...], float] = {}

    def of(settings: Settings) -> float:
        place = tuple(settings.values())
        if place not in known:
            known[place] = loss(settings)
        return known[place]

    best = {name: _digits(value) for name, value in start.items()}
    while step >= least:
        reached = _explored(of, best, step)
        if reached == best:
            step **= 0.5
            continue
        while True:  # what helped is tried again
            further = {name: _digits(value * value / best[name]) for name, value in reached.items()}
            best, reached = reached, _explored(of, further, step)
            if of(reached) >= of(best) - WORTH:
                break
    return best


def _explored(loss: Callable[[Settings], float], at: Settings, step: float) -> Settings:
    """One setting after another stretched, or else shrunk, where that helps."""
    for name in at:
        for factor in (step, 1 / step):
            tried = {**at, name: _digits(at[name] * factor)}
            if loss(tried) < loss(at) - WORTH:
                at = tried
                break
    return at


def spec(model: str, settings: Settings) -> str:
    """A model with more settings, as it can be typed: 'elo(draw=0.289, k=43.3, side=106.0)'."""
    said = Spec.parse(model)
    return str(Spec(said.name, said.args, tuple(sorted({**dict(said.kwargs), **settings}.items()))))


def _tried(model: str, played: Sequence[Comparison], first: int) -> Callable[[Settings], float]:
    def loss(settings: Settings) -> float:
        if max(settings.get(share, 0.0) for share in ("draw", "lapse")) >= 1:
            return float("inf")
        return _loss(played, forecaster(rating_model(spec(model, settings))), first)

    return loss


def _loss(played: Sequence[Comparison], asked: Forecaster, first: int) -> float:
    """The mean loss from the `first` match on."""
    return float(walk_forward(played, {"": asked}).losses[""][first:].mean())


def _figure(what: str, loss: float, *, aim: str = "") -> Figure:
    return Figure(f"log-loss of the last 30 %, {what}", "nats", Reading.plain(loss), None, aim=aim)


def _digits(value: float) -> float:
    return float(f"{value:.3g}")


def _read(file: str) -> list[Comparison]:
    """What a file of results proves, by way of a league."""
    with TemporaryDirectory() as folder:
        league = League(Path(folder) / "league.db")
        league.exchange.import_results(file, game="football")
        with Store.open(league.path) as store:
            return list(proved(store, "football"))
