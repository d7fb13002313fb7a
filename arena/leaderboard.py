"""The leaderboard: how every agent stands by its newest rated checkpoint. A view of the store's rows; imports no torch
and no database library.

Competitive and cooperative games are ordered by skill, mu - 3 sigma. A mixed game is ordered by mean score by turn, the
order of Axelrod's tournaments: "always defect" never loses a match, and yet should not win a league. Teams of a cooperative
game show what they earn by match, but skill comes first there: it compares them on the same seeds, whose luck then cancels.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import hypot, inf
from typing import TYPE_CHECKING, Any

from arena.analysis.payoff import Z95, Payoff, PayoffTable
from arena.match import Checkpoint, Entrant
from arena.names import in_shell
from arena.ranks import separation, shown
from arena.ratings.model import Rating
from arena.rows import RatingRow
from arena.tables import percent, plural, sparkline, table
from games.spec import Flavour, GameSpec

if TYPE_CHECKING:
    from arena.store import Store


Rated = tuple[Mapping[Checkpoint, Rating], Sequence[RatingRow]]  # ratings, and what they were after each round


@dataclass(frozen=True)
class Place:
    """One line of a leaderboard."""

    rank: int
    agent: str
    checkpoint: str  # 'ppo@12'
    role: str
    retired: bool
    mu: float
    sigma: float
    skill: float  # mu - 3 sigma
    matches: int
    wins: int
    draws: int
    losses: int
    score: float | None  # wins and half the draws, by match
    mean: float | None  # return by turn, in a cooperative game by match
    margin: float | None  # of the mean, at 95 %
    worst: str | None  # the opponent it does worst against
    worst_score: float | None
    forfeits: int
    trend: tuple[float, ...]  # skill of the newest checkpoint at the end of each round
    separate: bool  # at 95 % from the next place
    suspended: bool = False  # see `arena.conduct`


@dataclass(frozen=True)
class Leaderboard:
    """Places in order, the best first. Print it, or take `as_json()`."""

    game: str
    flavour: Flavour
    seasons: int
    matches: int
    places: tuple[Place, ...]
    cyclic: float | None = None  # the share of what is won that no skill explains, where rings are more than luck

    @property
    def by_mean(self) -> bool:
        """Ordered by mean score rather than by skill."""
        return self.flavour == "mixed"

    @property
    def shows_mean(self) -> bool:
        """Mean scores tell more than wins wherever one's win is not another's loss."""
        return self.flavour != "competitive"

    @property
    def per(self) -> str:
        """What a mean score is of."""
        return "match" if self.flavour == "cooperative" else "turn"

    def best(self, count: int | None) -> Leaderboard:
        """Only so many of its places."""
        return replace(self, places=self.places[:count])

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        return {"schema": 1, **{key: value for key, value in asdict(self).items() if key != "places"}} | {
            "order": "mean" if self.by_mean else "skill",
            "mean_per": self.per,
            "places": [asdict(place) for place in self.places],
        }

    def rows(self) -> tuple[list[str], list[list[str]]]:
        """Headers and cells, as text."""
        mean = [f"per {self.per}", "±"] if self.shows_mean else []
        wins = ["score", "W/D/L", "worst"] if self.flavour != "cooperative" else []  # partners do not beat each other
        headers = ["#", "agent", *mean, "skill", "mu ± 2σ", "matches", *wins, "trend"]
        return headers, [self._cells(place) for place in self.places]

    def _cells(self, place: Place) -> list[str]:
        marks = " ⚓" * (place.role == "anchor") + " (retired)" * place.retired + " (suspended)" * place.suspended
        forfeits = f" ({place.forfeits} forfeit{'s' * (place.forfeits > 1)})" if place.forfeits else ""
        margin = "" if place.margin is None else f"{place.margin:.3f}"
        mean = ["" if place.mean is None else f"{place.mean:.3f}", margin] if self.shows_mean else []
        worst = f"{percent(place.worst_score)} {place.worst}" if place.worst else ""
        record = f"{place.wins}/{place.draws}/{place.losses}{forfeits}"
        wins = [percent(place.score), record, worst] if self.flavour != "cooperative" else []
        return [
            str(place.rank),
            f"{place.checkpoint}{marks}",
            *mean,
            f"{place.skill:.1f}",
            f"{place.mu:.1f} ± {2 * place.sigma:.1f}",
            f"{place.matches:,}",
            *wins,
            sparkline(place.trend),
        ]

    def __str__(self) -> str:
        headers, rows = self.rows()
        if not rows:
            return f"nobody is rated at {self.game} yet"
        numbers = ("#", f"per {self.per}", "±", "skill", "matches", "score")
        right = [column for column, name in enumerate(headers) if name in numbers]
        ring = "" if self.cyclic is None else f"\n{ring_warning(self.game, self.cyclic)}"
        return f"{table(headers, rows, right=right)}\n{self.legend()}{ring}"

    def legend(self) -> str:
        """What the columns mean, and which ranks are not separate."""
        order = "ordered by mean score per turn" if self.by_mean else "skill = mu - 3σ"
        order += ", of teams compared on the same seeds" * (self.flavour == "cooperative")
        anchors = " · ⚓ anchor" if any(place.role == "anchor" for place in self.places) else ""
        played = f"{plural(self.seasons, 'season')}, {plural(self.matches, 'match', 'matches')}"
        return f"{order}{anchors} · {self.separation()} · {played}"

    def separation(self) -> str:
        """Which ranks may be luck, in words."""
        return separation(self.places)


def leaderboard_of(
    store: Store, game: str, *, every: bool = False, retired: bool = False, rated: Rated | None = None
) -> Leaderboard:
    """The board of a game as the store knows it, or as other ratings have it; `retired` agents only when asked for."""
    seasons, rules = store.seasons(game), store.game(game)
    ratings, history = rated or (store.standings(game).ratings, store.rating_history(game))
    table = PayoffTable(store.payoffs(game), order=by_skill(ratings))
    return leaderboard(
        game,
        rules,
        entrants=store.entrants(game, retired=retired),
        ratings=ratings,
        payoffs=table,
        faults=store.faults(game),
        suspended=store.suspended(game),
        history=history,
        seasons=len(seasons),
        matches=sum(season.matches for season in seasons),
        every=every,
        cyclic=cyclic_part(rules, table),
        turns=store.mean_length(game) if rules.flavour == "mixed" else None,
    )


def by_skill(ratings: Mapping[Checkpoint, Rating]) -> list[Checkpoint]:
    """The best first, by mu - 3 sigma; equals by name."""
    return sorted(ratings, key=lambda who: (-ratings[who].exposure, who.agent, who.version))


def cyclic_part(rules: GameSpec, table: PayoffTable) -> float | None:
    """The share of what the best of a table win that no skill explains, where rings are more than luck; None elsewhere."""
    if rules.flavour != "competitive":
        return None
    from arena.analysis.cycles import cyclic_share  # by numpy, for which a board that is kept need not wait

    return cyclic_share(table)


def ring_warning(game: str, share: float) -> str:
    """One line for under a board."""
    command = f"arena analyze cycles --game {in_shell(game)}"
    return f"agents beat each other in rings, {percent(share)} of the results: {command}"


def leaderboard(
    text: str,
    game: GameSpec,
    *,
    entrants: Iterable[Entrant],
    ratings: Mapping[Checkpoint, Rating],
    payoffs: PayoffTable,
    faults: Mapping[Checkpoint, int],
    suspended: Container[str] = (),
    history: Iterable[RatingRow],
    seasons: int,
    matches: int,
    every: bool = False,
    cyclic: float | None = None,
    turns: float | None = None,
) -> Leaderboard:
    """The board of a game: each entrant's newest rated checkpoint, or with `every` each rated checkpoint.

    Means of a mixed game are told by turn, and a match has `turns` of them; unless it is told, as many as it may have.
    """
    view = _View(
        {entrant.name: entrant for entrant in entrants},
        ratings,
        payoffs,
        faults,
        suspended,
        _trends(history),
        1 if game.flavour == "cooperative" else turns or game.max_steps,
    )
    places = [view.place(one) for one in shown(ratings, view.entrants, every=every)]
    by_mean = game.flavour == "mixed"
    places.sort(key=lambda place: (-_worth(place, by_mean=by_mean), place.checkpoint))
    return Leaderboard(text, game.flavour, seasons, matches, _ranked(places, by_mean=by_mean), cyclic)


@dataclass(frozen=True)
class _View:
    entrants: Mapping[str, Entrant]
    ratings: Mapping[Checkpoint, Rating]
    table: PayoffTable
    faults: Mapping[Checkpoint, int]
    suspended: Container[str]
    trends: Mapping[str, tuple[float, ...]]
    turns: float  # that a mean is divided by

    def place(self, checkpoint: Checkpoint) -> Place:
        rating, entrant = self.ratings[checkpoint], self.entrants[checkpoint.agent]
        record: Payoff = self.table.record(checkpoint)
        worst = self.table.worst(checkpoint)
        mean = self.table.mean_score(checkpoint, turns=self.turns)
        return Place(
            rank=0,
            agent=checkpoint.agent,
            checkpoint=str(checkpoint),
            role=entrant.role,
            retired=entrant.retired,
            mu=rating.mu,
            sigma=rating.sigma,
            skill=rating.exposure,
            matches=record.games,
            wins=record.wins,
            draws=record.draws,
            losses=record.losses,
            score=record.win_rate,
            mean=mean.mean if mean else None,
            margin=mean.margin if mean else None,
            worst=str(worst[0]) if worst else None,
            worst_score=worst[1] if worst else None,
            forfeits=self.faults.get(checkpoint, 0),
            trend=self.trends.get(checkpoint.agent, ()),
            separate=True,
            suspended=checkpoint.agent in self.suspended,
        )


def _trends(history: Iterable[RatingRow]) -> dict[str, tuple[float, ...]]:
    """For each agent the skill of its newest checkpoint at the end of each round that it played."""
    newest: dict[tuple[str, int, int], RatingRow] = {}
    for row in history:
        key = (row.checkpoint.agent, row.season, row.round)
        if key not in newest or row.checkpoint.version > newest[key].checkpoint.version:
            newest[key] = row
    trends: dict[str, list[float]] = {}
    for key in sorted(newest, key=lambda key: key[1:]):
        row = newest[key]
        trends.setdefault(key[0], []).append(row.mu - 3 * row.sigma)
    return {agent: tuple(values) for agent, values in trends.items()}


def _worth(place: Place, *, by_mean: bool) -> float:
    """What places are ordered by; who has no mean yet comes last."""
    if by_mean:
        return -inf if place.mean is None else place.mean
    return place.skill


def _ranked(places: Sequence[Place], *, by_mean: bool) -> tuple[Place, ...]:
    ranked = []
    for index, place in enumerate(places):
        after = places[index + 1] if index + 1 < len(places) else None
        separate = after is None or (_apart_by_mean if by_mean else _apart)(place, after)
        ranked.append(replace(place, rank=index + 1, separate=separate))
    return tuple(ranked)


def _apart(one: Place, other: Place) -> bool:
    return abs(one.mu - other.mu) > Z95 * hypot(one.sigma, other.sigma)


def _apart_by_mean(one: Place, other: Place) -> bool:
    if one.mean is None or other.mean is None or one.margin is None or other.margin is None:
        return False
    return abs(one.mean - other.mean) > hypot(one.margin, other.margin)
