"""A round's course: what its matches have come to by now, and had come to when they were about half as many.

Who is worth waiting for is told from both. Between equals a sigma falls by three tenths while the matches double. Where
one side wins all it hardly falls: rock against paper is at 3.0 after 400 matches, and still above 1.5 after 100,000.
"""

from __future__ import annotations

from collections import Counter
from math import log, log2

from arena.match import Checkpoint
from arena.ratings.fold import fold_round
from arena.ratings.model import RatingModel, Standings
from arena.series import Results
from games.spec import GameSpec

HOPELESS = 20  # matches that proved nothing, after which nobody waits for a checkpoint's sigma
PATIENCE = 200  # matches since the half, before a sigma is called slow: an upset may be rare
SLOW = 0.9  # what at least is left of such a sigma after twice as many matches


class Course:
    """A round on its way. It follows the log match by match, so it is the same for whoever joins a broken round late."""

    def __init__(self, before: Standings, game: GameSpec, model: RatingModel) -> None:
        self.before = self.now = self.half = before
        self._game, self._model = game, model
        self._folded = self._halved = 0  # matches
        self._played, self._late = Counter[Checkpoint](), Counter[Checkpoint]()

    def follow(self, past: Results) -> None:
        """Takes in what was played since it was last told; `past` is all of the round, stage by stage."""
        self.now = self._fold(self.now, past[self._folded :])
        self._played += _seated(past[self._folded :])
        self._folded = len(past)
        while (reach := max(1, 2 * self._halved)) <= len(past) // 2:  # powers of two, wherever a stage ends
            self.half = self._fold(self.half, past[self._halved : reach])
            self._halved = reach
        self._late = _seated(past[self._halved :])

    def hopeless(self, who: Checkpoint) -> bool:
        """Whether more matches like those of late would hardly make anything surer of a checkpoint."""
        compared = self.now.compared.get(who, 0)
        if compared == self.before.compared.get(who, 0):
            return self._played[who] >= HOPELESS
        earlier = self.half.compared.get(who, 0)
        if self._late[who] < PATIENCE or not 0 < earlier < compared:
            return False
        sunk = log(self.now.ratings[who].sigma / self.half.ratings[who].sigma)
        return sunk > log(SLOW) * log2(compared / earlier)

    def _fold(self, standings: Standings, results: Results) -> Standings:
        return fold_round(standings, results, self._game, self._model)


def _seated(results: Results) -> Counter[Checkpoint]:
    return Counter(who for lineup in results.matches.lineups for who in set(lineup))
