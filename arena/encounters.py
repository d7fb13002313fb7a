"""Whom a learner met in training, why, and what came of it: the tally for its next draws, and the rows that explain it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from arena.match import Checkpoint
from arena.mixes import prices
from arena.pool import Candidate, Draw
from arena.rows import DrawRow, TallyRow
from arena.tally import Tally

Reason = tuple[Checkpoint, str]  # whom, and the branch of the mix that drew it
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass
class Encounters:
    """A learner's training games, batch by batch. `living` is what the learner itself is called in them."""

    living: Checkpoint
    tally: Tally
    _met: dict[Reason, DrawRow] = field(default_factory=dict)
    _chances: defaultdict[Reason, float] = field(default_factory=lambda: defaultdict(float))  # summed over the batches
    _batches: int = 0

    def candidates(self, pool: Sequence[Candidate]) -> list[Candidate]:
        """The pool by what is known of it now."""
        qualities = self.tally.qualities([one.checkpoint for one in pool])
        return [
            replace(one, win_rate=self.tally.win_rate(one.checkpoint, one.win_rate), quality=quality)
            for one, quality in zip(pool, qualities, strict=True)
        ]

    def remember(
        self,
        choices: Sequence[Draw],
        drawn: Sequence[Draw],
        *,
        which: Numbers,
        margins: Floats,
        candidates: Sequence[Candidate],
    ) -> None:
        """Counts a batch: what the mix gave to choose from, which of the `drawn` each match (N,) was for, and by how much
        the learner won it (N,), NaN where that tells nothing."""
        self._batches += 1
        for choice in choices:
            self._chances[self._reason(choice)] += choice.probability
        told, entries = ~np.isnan(margins), _entries(candidates)
        met: dict[Checkpoint, NDArray[np.bool_]] = {}  # in which matches, for whatever reason
        for number in sorted(set(which.tolist())):
            choice, own = drawn[number], which == number
            who, branch = reason = self._reason(choice)
            if choice.opponent is None:  # against itself is no game, and nobody's win
                games = margins[:0]
            else:
                games, met[who] = margins[own & told], own | met.get(who, False)
            row = self._met.get(reason, DrawRow(who, branch, 0.0, drawn=0, games=0, wins=0, draws=0))
            self._met[reason] = replace(
                row,
                drawn=row.drawn + int(own.sum()),
                games=row.games + len(games),
                wins=row.wins + int((games > 0).sum()),
                draws=row.draws + int((games == 0).sum()),
            )
        for who, its in met.items():
            if len(earned := margins[its & told]):  # in the order of the matches: what is old fades
                known = entries.get(who, {})  # it may have retired since
                self.tally = self.tally.record(who, earned, **known)

    @property
    def met(self) -> tuple[DrawRow, ...]:
        """Whom, and why, each with the mean of its probabilities over the batches."""
        return tuple(
            replace(row, probability=min(1.0, self._chances[reason] / self._batches)) for reason, row in self._met.items()
        )

    def _reason(self, choice: Draw) -> Reason:
        return choice.opponent or self.living, choice.branch


def tally_rows(tally: Tally, met: Sequence[DrawRow]) -> list[TallyRow]:
    """What is known of each opponent that was met, and why it was."""
    why = {row.opponent: row for row in met if row.games}
    return [
        TallyRow(one, count.games, count.wins, count.draws, why[one].branch, why[one].probability, count.quality)
        for one, count in tally.counts.items()
        if one in why
    ]


def _entries(candidates: Sequence[Candidate]) -> dict[Checkpoint, Mapping[str, float]]:
    """With what quality each candidate would enter the tally, and what a win over it costs it."""
    qualities = [one.quality for one in candidates]
    return {
        one.checkpoint: {"quality": quality, "price": price}
        for one, quality, price in zip(candidates, qualities, prices(qualities), strict=True)
    }
