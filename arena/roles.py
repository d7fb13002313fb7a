"""Roles in a league: whom a main learner and its exploiters train against, when each is frozen, and who begins anew.

From AlphaStar's league (Vinyals et al. 2019), its billions of steps scaled to phases; a phase is the training of a round.

main              learns to beat all. Half of its games are against all that is frozen, most against whom it loses to.
main-exploiter    looks for the mains' weaknesses. It meets nobody but mains, and begins anew whenever it is frozen.
league-exploiter  looks for weaknesses of the whole league, and sometimes begins anew when it is frozen.

The mains that are met are frozen, too: a main as it is now is its newest snapshot, at most two phases old. So a training
phase depends on nothing that is learned beside it. Only a main itself meets its living self.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from arena.match import ROLES
from arena.mixes import prioritised, scaled
from arena.pool import Candidate, Draw, Mix
from games.chance import derive
from games.errors import BadSpec

ALL, VERIFIED = 0.5, 0.15  # a main's shares of games against everybody, and against what it may have omitted
LOST, HOPELESS = 0.3, 0.1  # below these win rates the current main is too strong: its older snapshots are met instead
BEATEN = 0.7  # a win rate above this is to beat somebody
PATIENCE = 2  # phases after which a learner is frozen even so
RESETS = {"main-exploiter": 1.0, "league-exploiter": 0.25}  # how likely each begins anew when it was frozen
_CHANCE = 1 << 63  # what derived numbers are below
_RESET = -1  # the place of that chance below a phase's seed, where none of its batches is


def alphastar(role: str = "main") -> Mix:
    """Whom a role meets in AlphaStar's league; an anchor that learns does as a main."""
    if role not in ROLES:
        raise BadSpec(f"alphastar knows no role {role!r}", hint=f"known: {', '.join(ROLES)}")
    return {"main-exploiter": _main_exploiter, "league-exploiter": _league_exploiter}.get(role, _main)


def frozen_after(role: str, candidates: Sequence[Candidate], phases: int) -> bool:
    """Whether a learner is frozen, so many phases after it was last: once it beats whom it should, or has long tried."""
    rivals = [snapshots[-1] for snapshots in _mains(candidates)] if role == "main-exploiter" else candidates
    beats_all = bool(rivals) and all(one.win_rate > BEATEN for one in rivals)
    return phases >= PATIENCE or (phases >= 1 and beats_all)


def begins_anew(role: str, seed: int) -> bool:
    """Whether a learner that was just frozen goes back to its first weights; `seed` is its phase's."""
    return derive(seed, _RESET) < RESETS.get(role, 0.0) * _CHANCE


def _main(candidates: Sequence[Candidate]) -> list[Draw]:
    everybody = prioritised("everybody, pfsp hard", candidates, "hard")
    verified = _verification(candidates)
    itself = _self_play(candidates)
    if not verified:
        return [*scaled(everybody, ALL), *scaled(itself, 1 - ALL)]
    return [*scaled(everybody, ALL), *scaled(itself, 1 - ALL - VERIFIED), *scaled(verified, VERIFIED)]


def _self_play(candidates: Sequence[Candidate]) -> list[Draw]:
    """The mains by turns, this one among them."""
    others = [snapshots for snapshots in _mains(candidates) if not snapshots[0].own]
    choices = [[Draw(None, "self-play", 1.0)], *(_current(snapshots, "self-play", LOST) for snapshots in others)]
    return [choice for part in choices for choice in scaled(part, 1 / len(choices))]


def _verification(candidates: Sequence[Candidate]) -> list[Draw]:
    """What was omitted: exploiters that win, else own snapshots that win again; nothing where all is well."""
    exploiters = [one for one in candidates if one.learns and one.role == "main-exploiter" and one.win_rate < LOST]
    if exploiters:
        return prioritised("verification: exploiters", exploiters, "hard")
    own = _without_newest_run([one for one in candidates if one.own])
    forgotten = [one for one in own if one.win_rate < BEATEN]
    return prioritised("verification: forgotten selves", forgotten, "hard") if forgotten else []


def _main_exploiter(candidates: Sequence[Candidate]) -> list[Draw]:
    mains = _mains(candidates)
    if not mains:
        return [Draw(None, "no main to exploit", 1.0)]
    return [
        choice for snapshots in mains for choice in scaled(_current(snapshots, "exploit main", HOPELESS), 1 / len(mains))
    ]


def _league_exploiter(candidates: Sequence[Candidate]) -> list[Draw]:
    return prioritised("exploit everybody, pfsp capped", candidates, "capped")


def _current(snapshots: Sequence[Candidate], branch: str, least: float) -> list[Draw]:
    """A main as it is now; where it wins too often to learn from, its snapshots by how even they are."""
    newest = snapshots[-1]
    if newest.win_rate > least:
        return [Draw(newest.checkpoint, f"{branch}: as it is now", 1.0)]
    return prioritised(f"{branch}: its snapshots, pfsp var", snapshots, "var")


def _mains(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """The snapshots of each learner in the role of a main, oldest first."""
    mains: dict[str, list[Candidate]] = {}
    for one in candidates:
        if one.learns and one.role == "main":
            mains.setdefault(one.checkpoint.agent, []).append(one)
    return list(mains.values())


def _without_newest_run(own: Sequence[Candidate]) -> Sequence[Candidate]:
    """Snapshots without the newest run in which each is harder to beat than the one before, as progress would have it."""
    rises = [place for place, (older, newer) in enumerate(pairwise(own), 1) if older.win_rate < newer.win_rate]
    return own[: rises[-1] + 1] if rises else []
