"""Whom a learner met in training, why, and what came of it: the tally for its next draws, and the rows that explain it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.match import Checkpoint
from arena.mixes import prices
from arena.pool import Candidate, Draw, Tally
from arena.rows import DrawRow, TallyRow

Reason = tuple[Checkpoint, str]  # whom, and the branch of the mix that drew it


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
        draws: Sequence[Draw] | NDArray[Any],
        margins: Sequence[float | None] | NDArray[np.float64],
        candidates: Sequence[Candidate],
    ) -> None:
        """Counts a batch: what the mix gave to choose from, whom it drew for each match, and by how much the learner won
        it; None, or NaN, where a match tells nothing."""
        self._batches += 1
        for choice in choices:
            self._chances[self._reason(choice)] += choice.probability
        kinds = dict(zip(map(id, draws), draws, strict=True))  # many draws are few objects
        which, earned = np.fromiter(map(id, draws), np.int64, len(draws)), np.array(margins, np.float64)  # None is NaN
        told, entries = ~np.isnan(earned), _entries(candidates)
        reasons: defaultdict[Checkpoint | None, list[int]] = defaultdict(list)  # for which somebody was drawn
        for number, choice in kinds.items():
            reasons[choice.opponent].append(number)
            own = which == number
            against_itself = choice.opponent is None  # that is no game, and nobody's win
            games, (who, branch) = earned[:0] if against_itself else earned[own & told], self._reason(choice)
            row = self._met.get((who, branch), DrawRow(who, branch, 0.0, drawn=0, games=0, wins=0, draws=0))
            self._met[who, branch] = replace(
                row,
                drawn=row.drawn + int(own.sum()),
                games=row.games + len(games),
                wins=row.wins + int((games > 0).sum()),
                draws=row.draws + int((games == 0).sum()),
            )
        for opponent, numbers in reasons.items():
            its = told & np.isin(which, numbers)  # in the order of the matches: what is old fades
            if opponent is not None and its.any():
                known = entries.get(opponent, {})  # it may have retired since
                self.tally = self.tally.record(opponent, earned[its].tolist(), **known)

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
