"""What a learner's training of a round begins with: whom it may meet, what is known of them, and how long it may train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arena.match import Checkpoint
from arena.pool import MIXES, Candidate, Pool
from arena.ratings.model import RatingModel, expected
from arena.rows import RoundRow, SeasonRow
from arena.settings import Settings
from arena.store import Store
from arena.tally import Tally
from arena.training import TrainingTask
from games.chance import derive

TRAINING = 1  # the kind of match seeds, below a round's


@dataclass(frozen=True)
class Assignments:
    """The training tasks of a season. All that they say is stored before the first of a round is begun."""

    store: Store
    row: SeasonRow
    settings: Settings
    model: RatingModel
    device: str

    def pool(self, checkpoints: Sequence[Checkpoint]) -> Pool:
        """Checkpoints as the pool, with what is believed of them now."""
        entrants = self.store.entrants(self.row.game, retired=True)
        ratings = self.store.standings(self.row.game).ratings
        return Pool.gather(checkpoints, entrants=entrants, ratings=ratings, prior=self.model.prior)

    def task(self, name: str, round: RoundRow) -> TrainingTask:
        """What this learner does in this round."""
        entrant, learning = self.store.entrant(name), self.store.learning(name)
        pool, mix = self.pool(round.pool), self.settings.mix_for(entrant.role)
        birth = int(next(one for one in round.pool if one.agent == name).id[:15], 16)
        return TrainingTask(
            entrant=entrant,
            state=self.store.learner_state(name),
            pool=candidates(self.store, self.row.game, pool, name, self.model, mix=mix, anew=learning.anew),
            tally=tally_of(self.store, name, pool),
            mix=mix,
            boards=self.settings.boards,
            steps=self.settings.training.steps,
            seconds=self.settings.training.seconds,
            seed=derive(self.row.seed, self.row.id, round.number, TRAINING, birth),
            device=self.device,
            gate=self.settings.gate,
            phases=learning.phases + 1 if self.settings.gated else None,
        )


def candidates(
    store: Store, game: str, pool: Pool, name: str, model: RatingModel, *, mix: str, anew: bool = False
) -> tuple[Candidate, ...]:
    """The pool as the learner `name` sees it, by the ratings. One that began `anew` is what its first checkpoint is, and
    one that has none yet is what every newcomer is."""
    standings, own = store.standings(game), pool.of(name)
    mine = own[0 if anew else -1].rating if own else model.prior
    rows: list[tuple[float, ...]] = [()] * len(pool)
    if MIXES.make(mix).wants_payoffs:
        rows = pool.win_rates(store.payoffs(game), lambda one, other: expected(model, one, other, standings))
    return tuple(
        Candidate(
            one.checkpoint,
            expected(model, mine, one.rating, standings),
            role=one.role,
            learns=one.learns,
            own=one in own,
            payoffs=row,
        )
        for one, row in zip(pool, rows, strict=True)
    )


def tally_of(store: Store, name: str, pool: Pool) -> Tally:
    """The training games that a learner remembers."""
    counted = [(one.opponent.id, one.games, one.wins, one.draws, one.quality) for one in store.tally(name)]
    return Tally.from_rows(counted, pool.checkpoints)
