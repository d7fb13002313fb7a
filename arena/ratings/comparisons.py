"""What results prove: a match is a fact, a comparison is a ranking that facts support. One rule for each flavour.

competitive  The returns of a match rank its teams.
mixed        Agents that met the *same others on the same seed from the same seat* are ranked by their own return; by the
             outcome of matches "always defect" would wrongly win. Meeting a twin counts, as in Axelrod's tournaments.
cooperative  Likewise: who does better in the same seat, with the same partners, on the same seed? Lineups that share
             no partners with any other are ranked whole, as teams, against the others of their seed.

A void match proves nothing, and neither does one whose teams share a checkpoint. A forfeit is lost by the offender and
proves nothing among the innocent: in a mixed or cooperative game they are not ranked, and of three competing teams or
more each innocent one beats each offender.

Where two teams played a match to its end, the comparison is *sided*: its first team is that of the first seat. Nothing
else tells of what a seat is worth: not substitutes, who had the same one, nor forfeits, nor matches on neutral ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain, islice, pairwise, product
from math import ceil, fsum, inf

from arena.match import Checkpoint, Comparison, Result
from arena.series import Lineup, Results
from games.spec import Flavour

LARGEST = 8  # a free-for-all's cost grows with its teams; larger groups are split by a hash, each group differently

_PAGE = 4096  # results looked at together

_WON, _LOST, _DRAWN = (0, 1), (1, 0), (0, 0)  # the ranks of two

Team = tuple[Checkpoint, ...]


def comparisons(
    results: Iterable[Result], flavour: Flavour, teams: Sequence[int] = (), *, in_order: bool = False
) -> Iterator[Comparison]:
    """What the results of one round prove, in match order: by the ordinal of the first match that takes part.

    `teams` is the team of each seat (`GameSpec.team_of`), by default each seat for itself; only competitive games read it.
    Matches are only ever compared on one seed, and ordinals begin again with each season: give one round at a time, whole.
    Results that come `in_order` already need not all be kept until the last has come.
    """
    if flavour == "competitive" and in_order and not isinstance(results, Results):
        return chain.from_iterable(_contests(_counted(page), teams) for page in _ascending(results))
    counted = _counted(Results.of(results))
    if flavour == "competitive":
        return _contests(counted, teams)  # one after another, so that a million of them never fill the memory at once
    places = _places(counted)
    proved = [*_substitutions(places)]
    if flavour == "cooperative":
        proved += _lone_lineups(counted, places)
    return (comparison for _, comparison in sorted(proved, key=lambda pair: pair[0]))


def _ascending(results: Iterable[Result]) -> Iterator[Results]:
    """Results in the order of their ordinals, a page at a time."""
    stream, before = iter(results), -1
    while facts := list(islice(stream, _PAGE)):
        page = Results.of(facts)
        ordinals = [before, *page.matches.ordinals]
        assert all(one < other for one, other in pairwise(ordinals)), "results come in the order of their ordinals"
        before = ordinals[-1]
        yield page


def _counted(results: Results) -> Results:
    """Those that are not void, by their ordinals."""
    if isinstance(results.matches.ordinals, range) and not any(results.voids):
        return results
    return Results.of(sorted((one for one in results if one.void is None), key=lambda one: one.match.ordinal))


def _contests(results: Results, teams: Sequence[int]) -> Iterator[Comparison]:
    """What competitive matches prove of their teams."""
    columns = results.matches.lineups, results.returns, results.faults, results.neutral
    for place, (lineup, returns, faults, neutral) in enumerate(zip(*columns, strict=True)):
        if len(returns) == 2 and not any(faults):  # nearly all matches, so the quick way
            one, other = lineup
            if one.id != other.id:
                mine, theirs = returns
                ranks = _WON if mine > theirs else _LOST if mine < theirs else _DRAWN
                yield Comparison(((one,), (other,)), ranks, not neutral)
        else:
            yield from _contest(results[place], teams)


def _contest(result: Result, teams: Sequence[int]) -> Iterator[Comparison]:
    """What one competitive match proves of its teams, however many there are, and whether or not they played to its end."""
    sides: dict[int, list[int]] = {}
    for seat in range(len(result.match.lineup)):
        sides.setdefault(teams[seat] if teams else seat, []).append(seat)
    members = [_distinct(result.match.lineup[seat] for seat in seats) for seats in sides.values()]
    if len(set().union(*members)) < sum(map(len, members)):
        return
    if not any(result.faults):
        earned = [fsum(result.returns[seat] for seat in seats) / len(seats) for seats in sides.values()]
        yield _ranked(members, earned, sided=len(members) == 2 and not result.neutral)
        return
    guilty = [any(result.faults[seat] for seat in seats) for seats in sides.values()]
    innocent = [team for team, at_fault in zip(members, guilty, strict=True) if not at_fault]
    offenders = [team for team, at_fault in zip(members, guilty, strict=True) if at_fault]
    for winner, loser in product(innocent, offenders):
        yield Comparison((winner, loser), (0, 1))


def _substitutions(places: _Places) -> Iterator[tuple[int, Comparison]]:
    """Who did better in one's place? Pairs of (first ordinal, comparison), over all groups with two candidates or more."""
    for (seed, seat, others), (first, earned) in places.items():
        if len(earned) > 1:
            for part in _split(earned, said=f"{seed} {seat} {others}"):
                sums = [paid for _, paid in part]
                if max(sums) > -inf:  # somebody did not forfeit
                    yield first, _ranked([(who,) for who, _ in part], sums)


_Place = tuple[int, int, tuple[str, ...]]  # seed, seat, the others' ids by seat
_Places = dict[_Place, tuple[int, dict[Checkpoint, float]]]


def _places(results: Results) -> _Places:
    """What each candidate earned in each place, with the ordinal of the place's first match; -inf for a forfeit."""
    places: _Places = {}
    seats = {
        id(lineup): [(seat, who, _others(lineup, seat)) for seat, who in enumerate(lineup)]
        for lineup in results.matches.casts
    }
    columns = *results.matches.columns, results.returns, results.faults
    for ordinal, seed, lineup, returns, faults in zip(*columns, strict=True):
        forfeited = any(faults)
        for seat, who, others in seats[id(lineup)]:
            if forfeited and not faults[seat]:
                continue
            place = seed, seat, others
            if place not in places:
                places[place] = ordinal, {}
            places[place][1].setdefault(who, -inf if forfeited else returns[seat])
    return places


def _others(lineup: Lineup, seat: int) -> tuple[str, ...]:
    return tuple([who.id for place, who in enumerate(lineup) if place != seat])


def _lone_lineups(results: Results, places: _Places) -> Iterator[tuple[int, Comparison]]:
    """Lineups that no substitution ranks, as whole teams: those of one seed and size, disjoint, in match order."""
    open_groups: dict[tuple[int, int], list[tuple[int, dict[Team, float]]]] = {}
    for result in results:
        if any(len(places[place][1]) > 1 for place in _occupied(result, places)):
            continue
        team = _distinct(result.match.lineup)
        groups = open_groups.setdefault((result.match.seed, len(team)), [])
        group = next((teams for _, teams in groups if _has_room(teams, team)), None)
        if group is None:
            group = {}
            groups.append((result.match.ordinal, group))
        group[team] = -inf if any(result.faults) else fsum(result.returns)
    for first, teams in (group for groups in open_groups.values() for group in groups):
        if len(teams) > 1 and max(teams.values()) > -inf:
            yield first, _ranked(list(teams), list(teams.values()))


def _occupied(result: Result, places: Mapping[_Place, object]) -> Iterator[_Place]:
    match = result.match
    seats = range(len(match.lineup))
    return (place for seat in seats if (place := (match.seed, seat, _others(match.lineup, seat))) in places)


def _has_room(teams: Mapping[Team, float], team: Team) -> bool:
    return len(teams) < LARGEST and not any(who in other for other in teams for who in team)


def _ranked(teams: Sequence[Team], earned: Sequence[float], *, sided: bool = False) -> Comparison:
    ranks = {value: rank for rank, value in enumerate(sorted(set(earned), reverse=True))}
    return Comparison(tuple(teams), tuple([ranks[value] for value in earned]), sided)


def _split(earned: Mapping[Checkpoint, float], *, said: str) -> Iterator[list[tuple[Checkpoint, float]]]:
    """Parts of nearly equal size, LARGEST at most. The hash differs from place to place, so in time all meet all."""
    candidates = list(earned.items())
    parts = ceil(len(candidates) / LARGEST)
    if parts > 1:
        place = blake2b(f"{said} ".encode(), digest_size=8)  # which hashes of all candidates begin with

        def lot(candidate: tuple[Checkpoint, float]) -> bytes:
            own = place.copy()
            own.update(candidate[0].id.encode())
            return own.digest()

        candidates.sort(key=lot)
    for part in range(parts):
        yield candidates[part::parts]


def _distinct(lineup: Iterable[Checkpoint]) -> Team:
    return tuple(dict.fromkeys(lineup))
