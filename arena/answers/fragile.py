"""How much does an order rest on? The fewest matches without which two neighbours of the board would swap places."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, pairwise, repeat
from typing import TYPE_CHECKING, Any

from arena.analysis.fragility import LEVEL, Kind, fewest
from arena.analysis.payoff import Z95
from arena.answers.official import in_order
from arena.errors import NotFound
from arena.match import Checkpoint, Comparison
from arena.names import safe
from arena.ranks import shown
from arena.ratings.davidson import Davidson
from arena.ratings.groups import groups
from arena.ratings.meetings import gather
from arena.ratings.model import Rating
from arena.tables import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from arena.ratings.batch import Fit

_SHOWN = 5  # matches that a row names


@dataclass(frozen=True)
class Taken:
    """Matches that prove the same and are taken away: the latest of all such."""

    said: str  # 'alice@3 (first) > bob@1'
    matches: tuple[int, ...]
    of: int  # how many came out so


@dataclass(frozen=True)
class Fragility:
    """Two neighbours of the official board, and the matches without which a refit puts the second above the first."""

    game: str
    place: int  # of the first of the two
    ahead: Checkpoint
    behind: Checkpoint
    lead: Rating  # of the first above the second, in points of Elo
    played: int  # matches that prove something
    taken: tuple[Taken, ...] | None  # None where there are none such, or none were found
    fewest: bool  # proved: with fewer it cannot be done (or, where there are none, at all)
    without: Rating | None  # the lead in the refit without them
    apart: tuple[bool, bool]  # whether the two are in groups that never met, and whether they are without those matches

    @classmethod
    def of(cls, game: str, proofs: Mapping[Kind, Sequence[int]], agents: Container[str], *, place: int = 1) -> Fragility:
        """From the matches of a game by what they prove. Raises `NotFound` where the agents' board has no such places."""
        model, kinds = Davidson(), {kind: len(ids) for kind, ids in proofs.items()}
        fit = model.fit(gather(_comparisons(kinds)))
        order = in_order(fit, shown(fit.meetings.cast, agents))
        if len(order) <= place:
            rated = f"{len(order)} agent{'s are' if len(order) != 1 else ' is'} rated at {game}"
            raise NotFound(
                f"there are no places {place} and {place + 1} to swap: {rated}", hint="play first, or name a place"
            )
        ahead, behind = order[place - 1 : place + 1]
        swap = fewest(model, kinds, ahead, behind)
        refit = None
        if swap.taken is not None:
            left = {kind: times - gone for (kind, times), gone in zip(kinds.items(), swap.taken, strict=True)}
            refit = model.fit(gather(_comparisons(left)))
            assert refit.lead(ahead, behind).mu < 0, f"{behind} is not above {ahead} in a fit to what is left"
        return cls(
            game=game,
            place=place,
            ahead=ahead,
            behind=behind,
            lead=fit.lead(ahead, behind),
            played=sum(kinds.values()),
            taken=None if swap.taken is None else _taken(proofs, swap.taken),
            fewest=swap.fewest,
            without=refit.lead(ahead, behind) if refit else None,
            apart=(_apart(fit, ahead, behind), _apart(refit or fit, ahead, behind)),
        )

    @property
    def matches(self) -> list[int]:
        """The ids of all matches that are taken away."""
        return sorted(id for one in self.taken or () for id in one.matches)

    def rows(self) -> tuple[Sequence[str], list[Sequence[str]]]:
        rows = [[one.said, f"{len(one.matches):,}", f"{one.of:,}", _some(one.matches)] for one in self.taken or ()]
        return ["result", "taken", "of", "matches"], [*rows]

    def __str__(self) -> str:
        ahead, behind = safe(str(self.ahead)), safe(str(self.behind))
        level = abs(self.lead.mu) <= LEVEL
        lead = (
            f"{ahead} and {behind}, at places {self.place} and {self.place + 1}, are level (davidson)"
            if level
            else f"{ahead}, at place {self.place}, leads {behind} by {_points(self.lead)} points of Elo (davidson)"
        )
        if self.taken is None or self.without is None:
            none = "whatever" if self.fewest else "none were found: whatever"
            still = f"{behind} does not come ahead" if level else f"{ahead} stays ahead"
            lines = [lead, f"{none} results are taken away, as long as both keep one, {still}"]
        else:
            share = f"{len(self.matches):,} of {plural(self.played, 'result')}"
            how = (
                "the fewest: every smaller set was tried"
                if self.fewest
                else "an upper bound, found greedily: fewer may do as well"
            )
            lines = [lead, f"without {share} {behind} is ahead, by {_points(self.without, sign=-1)}: {how}"]
        if any(self.apart):
            lines.append(f"the two are {'' if self.apart[0] else 'then '}in groups that never met: their order is a guess")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        return {
            "schema": 1,
            "game": self.game,
            "places": [self.place, self.place + 1],
            "ahead": str(self.ahead),
            "behind": str(self.behind),
            "lead": asdict(self.lead),
            "results": self.played,
            "swapped": self.taken is not None,
            "fewest": self.fewest,
            "size": len(self.matches) if self.taken is not None else None,
            "lead_without": asdict(self.without) if self.without else None,
            "never_met": self.apart[0],
            "never_met_without": self.apart[1],
            "taken": [{"result": one.said, "of": one.of, "matches": list(one.matches)} for one in self.taken or ()],
            "matches": self.matches,
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """The lead as it is and as it would be, each with its interval."""
        leads = {f"all {plural(self.played, 'result')}": self.lead}
        if self.without:
            leads[f"without {len(self.matches):,}"] = self.without
        bars = [Z95 * lead.sigma for lead in leads.values()]
        axes[0].errorbar([lead.mu for lead in leads.values()], range(len(leads)), xerr=bars, fmt="o", capsize=4)
        axes[0].set_yticks(range(len(leads)), list(leads))
        axes[0].set_ylim(len(leads) - 0.5, -0.5)
        axes[0].axvline(0, color="0.6", linewidth=1)
        axes[0].set_xlabel(f"lead of {safe(str(self.ahead))} above {safe(str(self.behind))}, points of Elo ± 95 %")
        axes[0].set_title(f"places {self.place} and {self.place + 1}", fontsize=9)


def _comparisons(kinds: Mapping[Kind, int]) -> Iterator[Comparison]:
    return chain.from_iterable(chain.from_iterable(repeat(kind, times)) for kind, times in kinds.items())


def _taken(proofs: Mapping[Kind, Sequence[int]], counts: Sequence[int]) -> tuple[Taken, ...]:
    """So many matches of each kind, the commonest first."""
    taken = [
        Taken(_said(kind), tuple(sorted(ids)[-gone:]), len(ids))
        for (kind, ids), gone in zip(proofs.items(), counts, strict=True)
        if gone
    ]
    return tuple(sorted(taken, key=lambda one: (-len(one.matches), one.said)))


def _apart(fit: Fit, one: Checkpoint, other: Checkpoint) -> bool:
    return not any(one in group and other in group for group in groups(fit.meetings))


def _said(kind: Kind) -> str:
    """What a match proves, the best first: 'alice@3 (first) > bob@1'."""
    return ", ".join(map(_ranking, kind))


def _ranking(one: Comparison) -> str:
    names = ["+".join(safe(str(who)) for who in team) for team in one.teams]
    if one.sided:
        names[0] += " (first)"
    ranked = sorted(zip(one.ranks, names, strict=True), key=lambda row: row[0])
    said = ranked[0][1]
    for (before, _), (rank, name) in pairwise(ranked):
        said += f" {'=' if rank == before else '>'} {name}"
    return said


def _some(ids: Sequence[int]) -> str:
    more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
    return ", ".join(map(str, ids[:_SHOWN])) + more


def _points(lead: Rating, *, sign: int = 1) -> str:
    return f"{sign * lead.mu:.1f} ± {Z95 * lead.sigma:.0f}"
