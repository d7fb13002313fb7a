"""A season is one readable loop: train, freeze, propose, play, record, rate. It can be resumed after every chunk.

Whatever is decided from the past is stored before it is acted on (the pool of a round, the plan of its matches), and
whatever has happened is stored in one transaction; so a season that was killed goes on as if it had not been.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch

from agents.registry import make_agent
from arena import tidying, torch_settings
from arena.assignment import Assignments
from arena.chunk import ChunkTask
from arena.compare import demand_duel
from arena.encounters import tally_rows
from arena.errors import AlreadyExists, BadConfig, CannotPlay
from arena.fixtures import Fixtures, demand_end, propose, rated
from arena.match import ROLES, Checkpoint, Entrant, Pairing
from arena.matchmaking.schedule import extent
from arena.matchmaking.stages import Extent
from arena.pool import MIXES, Pool
from arena.ratings import RATINGS
from arena.ratings.model import Standings
from arena.reckoning import close_round, recorded
from arena.roster import let_go
from arena.rows import RoundRow, SeasonRow
from arena.series import Matches, Results
from arena.settings import Settings
from arena.store import Store
from arena.training import Trained
from arena.workers import Workers
from games.errors import ArenaError, CheckFailed
from games.registry import GAMES
from games.spec import GameSpec

_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True)
class RoundBegan:
    """A round begins, or goes on after a break."""

    number: int
    rounds: int
    learners: int
    suspended: tuple[str, ...] = ()  # entrants that sit this round out (see `arena.conduct`)


@dataclass(frozen=True)
class LearnerFroze:
    """A learner has trained, and its new checkpoint has joined the pool."""

    checkpoint: Checkpoint
    trained: Trained
    waited: float  # seconds, from the learner before (or the beginning) until its training was done


@dataclass(frozen=True)
class LearnerWentOn:
    """A learner has trained, but what it is now is not worth a checkpoint yet (see `arena.roles`)."""

    trained: Trained
    waited: float  # as in `LearnerFroze`


@dataclass(frozen=True)
class ChunkPlayed:
    """So many of the round's rated matches are in the log."""

    done: int
    planned: int
    spoiled: int  # forfeits and voids of this chunk
    waited: float  # seconds, from when the chunk before was in the log until this one was played


@dataclass(frozen=True)
class RoundRated:
    """A round is over."""

    number: int
    standings: Standings


Event = RoundBegan | LearnerFroze | LearnerWentOn | ChunkPlayed | RoundRated


class Season:
    """A season of the store, run to its end from wherever it is."""

    def __init__(
        self, store: Store, row: SeasonRow, *, workers: Workers, device: str, notify: Callable[[Event], None]
    ) -> None:
        self.store, self.row, self.workers, self.device, self.notify = store, row, workers, device, notify
        self.settings = Settings(**row.settings)
        self.game = store.game(row.game)
        model = RATINGS.make("trueskill")
        self.assignments = Assignments(store, row, self.settings, model, device)
        self.fixtures = Fixtures(store, row, self.settings, model)

    def run(self) -> None:
        """Plays every round that is not closed yet, then closes the season."""
        for number in range(self.row.rounds, self.settings.rounds):
            self._train(self._begin(number))
            self._rate(number, self._rated(number))
        self.store.close_season(self.row.id)

    def _begin(self, number: int) -> RoundRow:
        if self.store.round(self.row.id, number) is None:
            suspended = self.store.suspended(self.row.game)
            self.store.open_round(self.row.id, number, [one for one in self._frozen() if one.agent not in suspended])
        round = self._round(number)
        playing = self._playing(round)
        learners = [name for name in playing if self.settings.train and self.store.entrant(name).learns]
        out = tuple(name for name in self.row.entrants if name not in playing)
        self.notify(RoundBegan(number, self.settings.rounds, len(learners), out))
        return round

    def _train(self, round: RoundRow) -> None:
        """Every learner of the season meets the pool as it stood when the round began, and is frozen if it is worth it."""
        if self.settings.train == 0:
            return
        names = [name for name in self._playing(round) if name not in round.trained and self.store.entrant(name).learns]
        tasks = (self.assignments.task(name, round) for name in names)
        for trained, waited in _waited_for(self.workers.run(tasks)):
            checkpoint = self.store.save_training(
                self.row.id,
                round.number,
                trained.name,
                state=trained.state,
                weights=trained.policy,
                tally=tally_rows(trained.tally, trained.met),
                metrics=trained.metrics,
                steps=self.store.learning(trained.name).steps + trained.steps,
                drawn=trained.met,
                anew=trained.anew,
            )
            event = LearnerFroze(checkpoint, trained, waited) if checkpoint else LearnerWentOn(trained, waited)
            self.notify(event)

    def _rated(self, number: int) -> Results:
        """Plays a round's matches, stage by stage; each is stored before the first of its matches is played.

        Returns all that the round has recorded, without tapes. Only after a break is the log read for it.
        """
        began, round = time.monotonic(), self._round(number)
        playing = self._playing(round)
        cast = rated(self._frozen(), playing, self.settings.history)
        plan, past = round.plan, recorded(self.store, self.row, number) if round.recorded else Results.of(())
        if plan is None:
            plan = self.fixtures.first(number, cast) if len(playing) > 1 else Matches.of(())
            self.store.save_plan(self.row.id, number, plan)
        past, course = self._play(round, plan, past), self.fixtures.course()
        while len(playing) > 1 and (
            more := self.fixtures.more(number, cast, past, course=course, spent=time.monotonic() - began)
        ):
            self.store.extend_plan(self.row.id, number, more)
            plan = Matches.joined([plan, more])
            past = self._play(round, plan, past)
        return past

    def _play(self, round: RoundRow, plan: Matches, past: Results) -> Results:
        """Plays what of a plan is not recorded yet; returns all that is then."""
        size, done, played = self.settings.chunk, [past], len(past)
        chunks = [plan[start : start + size] for start in range(len(past), len(plan), size)]
        tasks = (ChunkTask(self.row.game, chunk, self.device) for chunk in chunks)
        for results, waited in _waited_for(self.workers.run(tasks, ahead=True)):
            self.store.record(self.row.id, round.number, results)
            done.append(results.bare())
            played += len(results)
            self.notify(ChunkPlayed(played, len(plan), results.spoiled, waited))
        return Results.joined(done)

    def _rate(self, number: int, results: Results) -> None:
        self.notify(RoundRated(number, close_round(self.store, self.row, number, results=results)))

    def _playing(self, round: RoundRow) -> tuple[str, ...]:
        """The entrants that were not suspended when a round began."""
        there = {one.agent for one in round.pool}
        return tuple(name for name in self.row.entrants if name in there)

    def _round(self, number: int) -> RoundRow:
        round = self.store.round(self.row.id, number)
        assert round is not None
        return round

    def _frozen(self) -> list[Checkpoint]:
        """Every checkpoint of the season's entrants, oldest first."""
        rows = self.store.checkpoints(self.row.game)
        return [row.checkpoint for row in rows if row.checkpoint.agent in self.row.entrants]


def _waited_for(outcomes: Iterator[_Outcome]) -> Iterator[tuple[_Outcome, float]]:
    """Outcomes, each with the seconds until it was there."""
    while True:
        began = time.monotonic()
        try:
            outcome = next(outcomes)
        except StopIteration:
            return
        yield outcome, time.monotonic() - began


def entrants(store: Store, game: str, names: Sequence[str]) -> list[Entrant]:
    """Who plays a season: the agents named, or everybody who is registered for the game and not retired.

    Raises `NotFound` for an unknown name, `BadConfig` for an agent of another game, a retired one or too few of them,
    `CannotPlay` for one that is known by imported results alone; unless named, such a one is left out.
    """
    chosen = [store.entrant(name) for name in dict.fromkeys(names)]
    chosen = chosen or [one for one in store.entrants(game) if one.plays]
    for one in chosen:
        if not one.plays:
            raise CannotPlay.agent(one.name)
        if one.game != game:
            raise BadConfig(f"{one.name!r} plays {one.game}, not {game}", hint="leave it out of this season")
        if one.retired:
            raise BadConfig(f"{one.name!r} is retired", hint="leave it out, or register it under another name")
    if len(chosen) < 2:
        raise BadConfig(
            f"a season of {game} needs two agents or more, got {len(chosen)}",
            hint="name another one as well, or nobody, who then are all"
            if names and sum(one.plays for one in store.entrants(game)) > 1
            else f"register another one: arena register NAME SPEC --game {shlex.quote(game)}",
        )
    return chosen


def refuse_without_rules(store: Store, game: str) -> None:
    """Raises `CannotPlay` for a game that the league knows by imported results alone."""
    known = store.games().get(game)
    if known is not None and not known.has_rules and game not in GAMES.names():
        raise CannotPlay.game(game)


def demand(settings: Settings) -> None:
    """Finds out before anything runs what settings name that is not there. Raises `UnknownName`, `BadSpec`, `BadConfig`."""
    for role in ROLES:
        MIXES.make(settings.mix_for(role))
    demand_end(settings)
    kind, _, number = settings.device.partition(":")
    here = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if int(number or 0) >= here[kind]:
        raise BadConfig(
            f"this machine has no device {settings.device!r}", hint="leave --device out, or install a torch for it"
        )


@tidying.seldom()
def begin(store: Store, game: str, names: Sequence[str], settings: Settings) -> SeasonRow:
    """A new season; or the interrupted one of this game, where it was begun with the same settings and agents.

    Raises `AlreadyExists` where another one was interrupted.
    """
    demand(settings)
    refuse_without_rules(store, game)
    rules: GameSpec = GAMES.make(game).spec
    if settings.gate is not None:
        demand_duel(rules)
    field = entrants(store, game, names)
    for one in field:
        _able(one, rules, otherwise=f"leave it out: arena agents retire {shlex.quote(one.name)}")
    chosen = tuple(one.name for one in field)
    unfinished = store.unfinished(game)
    if unfinished is None:
        if not largest_round(store, field, rules, settings):
            raise BadConfig(
                f"{settings.schedule} proposes no match for {', '.join(chosen)}", hint="choose another schedule"
            )
        store.add_game(game, rules)  # they may have another version than when the first agent came
        return store.open_season(game, settings=settings.lasting(), seed=settings.seed, entrants=chosen)
    if (dict(unfinished.settings), unfinished.entrants) == (settings.lasting(), chosen):
        return unfinished
    raise AlreadyExists(
        f"season {unfinished.id} of {game} was interrupted, and had other settings or agents",
        hint=f"finish it: arena season resume {unfinished.id}; or give it up: arena season end {unfinished.id}",
    )


def run(store: Store, row: SeasonRow, settings: Settings, notify: Callable[[Event], None] | None = None) -> SeasonRow:
    """Runs a season from wherever it is to its end, with the settings' workers and device; returns its row then.

    Raises what `demand` raises, `BadConfig` where an agent can no longer be made, and `CheckFailed` where the game has
    other rules now.
    """
    demand(settings)
    _same_rules(row)
    for name in row.entrants:
        _able(store.entrant(name), store.game(row.game), otherwise=f"give the season up: arena season end {row.id}")
    with torch_settings.fixed(), tidying.seldom(), Workers(settings.workers, weights=store.weights) as workers:
        Season(store, row, workers=workers, device=settings.device, notify=notify or (lambda event: None)).run()
    return store.season(row.id)


def _able(one: Entrant, rules: GameSpec, *, otherwise: str) -> None:
    """Finds out before anything is played that an agent's module is gone. Raises `BadConfig`."""
    try:
        let_go(make_agent(one.spec, rules, seed=one.seed, trusted=one.trusted))
    except ArenaError as error:
        raise BadConfig(f"{one.name!r} cannot play: {error.cause}", hint=f"mend it, or {otherwise}") from error


def largest_round(store: Store, field: Sequence[Entrant], game: GameSpec, settings: Settings) -> list[Pairing]:
    """The matches of a season's last round, its largest, with stand-ins for the checkpoints that are not there yet.

    So a schedule that will not do is refused before anything is trained. Raises what `planned` raises.
    """
    return propose(_last_pool(store, field, settings), game, settings, seed=settings.seed)


@tidying.seldom()
def outlook(store: Store, field: Sequence[Entrant], game: GameSpec, settings: Settings) -> Extent:
    """How long that round goes on. Raises what `planned` raises."""
    pool = _last_pool(store, field, settings)
    first = len(propose(pool, game, settings, seed=settings.seed))
    return extent(settings.schedule, pool, games=settings.games, rules=game, first=first, endless=settings.prolonged)


def _last_pool(store: Store, field: Sequence[Entrant], settings: Settings) -> Pool:
    cast = []
    for one in field:
        newest = store.checkpoint(one.name)
        coming = settings.rounds if one.learns and settings.train else 0
        older = min(settings.history, len(store.checkpoints(agent=one.name)) - 1 + coming)
        cast += [replace(newest, version=newest.version + place, id=f"{newest.id}+{place}") for place in range(older)]
        cast.append(newest)
    return Pool.gather(cast, entrants=field, ratings={}, prior=RATINGS.make("trueskill").prior)


def _same_rules(row: SeasonRow) -> None:
    installed = GAMES.make(row.game).spec.version
    if installed != row.version:
        raise CheckFailed(
            f"season {row.id} was begun with version {row.version} of {row.game}, installed is version {installed}",
            hint=f"install the version that it was begun with, or give it up: arena season end {row.id}",
        )
