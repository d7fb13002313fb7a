"""The league: all that a user can do, as one object. The command line is a skin over it.

    league = League("league.db")
    league.register("alice", "ppo(lr=3e-4)", game="connect_four")
    league.register("minimax-2", "minimax(depth=2)", game="connect_four")
    league.run_season("connect_four", rounds=10)
    print(league.leaderboard("connect_four"))

Every method opens the league's file for as long as it needs it. Reading methods import no torch; a
leaderboard that is kept needs not even the database library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from arena.errors import BadConfig, NotFound
from arena.kept import count_games, kept_board, untrue_boards
from arena.leaderboard import Leaderboard, leaderboard_of
from arena.lock import SeasonLock
from arena.match import EndingKind, Entrant
from arena.names import lawful
from arena.profile import Profile, lineage
from arena.progress import Notify, patient, unheard
from arena.registration import Application, Registration, enrol
from arena.rows import CheckpointRow, MatchRow, SeasonRow
from arena.training_loops import TrainingLoops
from games.registry import Spec

if TYPE_CHECKING:
    from arena.analyst import Analyst
    from arena.appraiser import Appraiser
    from arena.exchange import Exchange
    from arena.exhibition import Exhibition
    from arena.health import Health
    from arena.highlight import Highlight
    from arena.matchmaking.stages import Extent
    from arena.replay import Replay
    from arena.season import Event
    from arena.settings import Settings
    from arena.sheet import DataSheet
    from games.core import Game


class League(TrainingLoops):
    """A league in one file. `path` need not exist yet: registering the first agent makes it."""

    # Agents

    def register(
        self,
        name: str,
        spec: str,
        *,
        game: str,
        role: str = "main",
        parent: str | None = None,
        weights: str | Path | None = None,
        check: bool = True,
        if_exists: Literal["fail", "skip"] = "fail",
        trust: bool = False,
    ) -> Registration:
        """Takes an agent in after its health game. A learner is frozen as it begins, as version 1.

        `weights` is a safetensors file that a learner begins with; `parent` ('alice@3') is the checkpoint it descends
        from, whose weights it begins with where the spec is the same. `trust` lets a program run without a jail. Raises
        `BadName` `BadSpec` `UnknownName` `CannotLoad` `CheckFailed` `BadWeights` `AlreadyExists` `NotFound`, nothing saved.
        """
        application = Application.of(name, spec, game=game, role=role, parent=parent, weights=weights, trusted=trust)
        if if_exists == "skip":
            with suppress(NotFound), self._reading() as store:  # the first agent makes the league
                if there := application.existing(store):
                    return Registration(there, None, existed=True)
        rules = self.game(application.game)
        return enrol(application, rules, reading=self._reading, writing=self._writing, check=check, if_exists=if_exists)

    def check_agent(self, spec: str, *, game: str, trust: bool = False) -> Health:
        """Plays a spec's health game, holds it to the contract of agents or learners, and saves nothing.

        Raises what `register` raises. The contract asks more than a league demands, and the cause says so.
        """
        from arena.health import hold_to_contract

        return hold_to_contract(str(Spec.parse(spec)), self.game(game), trusted=trust)

    def agents(self, game: str | None = None, *, retired: bool = False) -> list[Entrant]:
        """The agents in the order they came."""
        with self._reading() as store:
            return store.entrants(_canonical(game), retired=retired)

    def agent(self, name: str) -> Profile:
        """All about one agent. Raises `NotFound`."""
        with self._reading() as store:
            return Profile.of(store, name)

    def lineage(self, name: str) -> list[tuple[Entrant, list[CheckpointRow]]]:
        """An agent and those that it descends from, the oldest first, each with its checkpoints."""
        with self._reading() as store:
            return lineage(store, name)

    def retire(self, name: str) -> None:
        """Takes an agent out of future seasons and boards; its matches stay."""
        with self._writing() as store:
            store.retire(name)

    def trust(self, name: str, *, trusted: bool = True) -> None:
        """Lets a program that is registered run without a jail, or no longer. Raises `NotFound`."""
        with self._writing() as store:
            store.trust(name, trusted=trusted)

    def suspended(self, game: str | None = None) -> Mapping[str, int]:
        """Agents that are suspended, with how many of their last 20 matches they forfeited: three are too many."""
        with self._reading() as store:
            return store.suspended(_canonical(game))

    def reinstate(self, name: str) -> None:
        """Lets a suspended agent play again, now that it is mended. Raises `NotFound`, `BadConfig`."""
        with self._writing() as store:
            store.reinstate(name)

    def rename(self, old: str, new: str) -> None:
        """Gives an agent another name; its checkpoints keep their ids, so no digest changes. Not while a season runs."""
        with self._holding() as store:
            store.rename(old, lawful(new))

    def weights(self, checkpoint: str) -> bytes:
        """The frozen weights of 'alice@3' (or of alice's newest) as a safetensors file. Raises `NotFound`."""
        with self._reading() as store:
            found = store.checkpoint(checkpoint)
            if found.weights is None:
                raise NotFound(f"{found} has no weights: it does not learn")
            return store.weights(found.weights)

    # Seasons

    def run_season(
        self,
        game: str,
        agents: Sequence[str] = (),
        *,
        config: str | Path | None = None,
        notify: Callable[[Event], None] | None = None,
        **settings: Any,
    ) -> SeasonRow:
        """Plays a season among `agents` (all of the game's, by default) and returns its row.

        `settings` are those of `arena.settings.Settings`; what is not given comes from ARENA_* variables, then the TOML
        file `config`, then the defaults. Where a season of the game was interrupted with equal settings, that one is
        finished instead. Raises `BadConfig`, `NotFound`, `LeagueHeld`.
        """
        chosen = self.settings(settings, config=config)
        if chosen.workers > 1:
            from arena import forks

            forks.get_ready()  # they import torch while we do
        from arena.season import begin, run

        with self._holding() as store:
            return run(store, begin(store, str(Spec.parse(game)), agents, chosen), chosen, notify)

    def plan_season(
        self, game: str, agents: Sequence[str] = (), *, config: str | Path | None = None, **settings: Any
    ) -> tuple[Settings, list[Entrant], Extent]:
        """What `run_season` would do, without doing it: the settings, the entrants, and how long a round goes on.

        So long is the last round, where every learner has its history. Raises what `run_season` raises.
        """
        from arena.season import demand, entrants, outlook, refuse_without_rules

        chosen = self.settings(settings, config=config)
        demand(chosen)
        with self._reading() as store:
            refuse_without_rules(store, str(Spec.parse(game)))
            rules = self.game(game).spec
            field = entrants(store, str(Spec.parse(game)), agents)
            return chosen, field, outlook(store, field, rules, chosen)

    def resume(
        self,
        season: int | None = None,
        *,
        workers: int | None = None,
        device: str | None = None,
        notify: Callable[[Event], None] | None = None,
    ) -> SeasonRow:
        """Goes on with an interrupted season (the latest, by default) as if it had never stopped.

        Raises `NotFound` where there is none.
        """
        from arena.season import run

        with self._holding() as store:
            row = store.season(season) if season is not None else store.unfinished()
            if row is None:
                raise NotFound("no season was interrupted midway", hint="begin one: arena season run --game GAME")
            if row.finished:
                return row
            return run(store, row, self.settings({"workers": workers, "device": device}).running(row.settings), notify)

    def end_season(self, season: int) -> None:
        """Gives up an interrupted season; what it has recorded stays, and is rated."""
        from arena.reckoning import give_up

        with self._holding() as store:
            give_up(store, store.season(season))

    def settings(
        self, given: Mapping[str, Any], *, config: str | Path | None = None, environ: Mapping[str, str] | None = None
    ) -> Settings:
        """Season settings from all their sources. Raises `BadConfig`."""
        from arena.settings import Settings

        return Settings.resolve(given, config=Path(config) if config is not None else None, environ=environ)

    def seasons(self, game: str | None = None) -> list[SeasonRow]:
        """Every season, oldest first."""
        with self._reading() as store:
            return store.seasons(_canonical(game))

    def season(self, season: int) -> SeasonRow:
        """One season. Raises `NotFound`."""
        with self._reading() as store:
            return store.season(season)

    def unfinished(self, game: str | None = None) -> SeasonRow | None:
        """The latest season that was interrupted, if there is one."""
        with self._reading() as store:
            return store.unfinished(_canonical(game))

    def spoiled(self, season: int) -> dict[str, int]:
        """How many of a season's matches were forfeited or void, by ending: `{"forfeit(crash)": 3}`."""
        with self._reading() as store:
            return store.spoiled(season)

    # Standings

    def leaderboard(self, game: str | None = None, *, every: bool = False, retired: bool = False) -> Leaderboard:
        """How everybody stands at a game (the one played last, by default); with `every`, each rated checkpoint."""
        if not every and not retired and (board := kept_board(self.path, _canonical(game))) is not None:
            return board
        with self._reading() as store:
            text = store.game_meant(game)
            return leaderboard_of(store, text, every=every, retired=retired)

    @property
    def analyze(self) -> Analyst:
        """Questions to the recorded matches: `league.analyze.payoff()` is `arena analyze payoff`."""
        from arena.analyst import Analyst

        return Analyst(self._reading, self._writing, self.game)

    @property
    def ratings(self) -> Appraiser:
        """Other ratings than the kept ones: `league.ratings.board("davidson")` is `arena leaderboard --model davidson`."""
        from arena.appraiser import Appraiser

        return Appraiser(self._reading)

    # Matches

    def matches(
        self,
        *,
        game: str | None = None,
        agent: str | None = None,
        season: int | None = None,
        ending: EndingKind | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[MatchRow]:
        """A page of the match log, newest first; `before` is the last id of the page before."""
        with self._reading() as store:
            return store.matches(
                game=_canonical(game), agent=agent, season=season, ending=ending, before=before, limit=limit
            )

    def match(self, id: int) -> MatchRow:
        """One recorded match. Raises `NotFound`."""
        with self._reading() as store:
            return store.match(id)

    def replay(self, id: int) -> Replay:
        """A recorded match, to be seen again. Raises `NotFound`, and `CheckFailed` where the rules have changed since."""
        from arena.proof import replay

        return replay(self.match(id), self.game)

    def highlight(self, game: str | None = None) -> Highlight | None:
        """The most surprising match of the game's latest round; None where there is none."""
        from arena.highlight import most_surprising

        with self._reading() as store:
            return most_surprising(store, store.game_meant(game))

    def verify_matches(
        self,
        ids: Sequence[int] | None = None,
        *,
        on_progress: Callable[[int], None] | None = None,
        on_untold: Callable[[int], None] | None = None,
    ) -> Iterator[tuple[int, str]]:
        """Plays recorded matches again (all, by default); yields the id and the difference of each that disagrees."""
        from arena.proof import disagreements

        with self._reading() as store:
            rows = (store.match(id) for id in ids) if ids is not None else store.results()
            yield from disagreements(rows, self.game, on_progress, on_untold)

    def exhibition(self, lineup: Sequence[str], *, games: int = 100, seed: int = 0) -> Exhibition:
        """Matches in mirrored sets, neither recorded nor rated; 'bob' is his newest. Raises `NotFound`, `BadConfig`."""
        from arena.exhibition import exhibit, playing

        with self._reading() as store:
            cast = [store.checkpoint(name) for name in lineup]
            texts = {playing(store.entrant(one.agent)).game for one in cast}
            if len(texts) > 1:
                raise BadConfig(f"they play different games: {', '.join(sorted(texts))}", hint="choose agents of one game")
            return exhibit(self.game(texts.pop()), cast, weights=store.weights, games=games, seed=seed)

    # The file

    @property
    def exchange(self) -> Exchange:
        """In and out: the whole league as an archive, results as tables. `arena export` and `arena import`."""
        from arena.exchange import Exchange

        return Exchange(self.path, self._reading, lambda: self._holding(make=True), self.game)

    def game(self, text: str) -> Game:
        """The rules that a spec names. Raises `UnknownName`, `BadSpec`, `CannotLoad`."""
        from games.registry import GAMES

        return GAMES.make(text)  # type: ignore[no-any-return]

    def game_meant(self) -> tuple[str, int]:
        """The game that was played last, which a question is about that names none, and of how many. Raises `NotFound`."""
        with self._reading() as store:
            return store.game_meant(None), len(store.games())

    def count_games(self) -> int:
        """How many games the league has. Raises `NotFound` where there is no league."""
        if (count := count_games(self.path)) is not None:
            return count
        with self._reading() as store:
            return len(store.games())

    def check_game(self, text: str, *, notify: Notify = unheard) -> None:
        """Holds a game to its contract by playing it at random. Raises `CheckFailed`, and what `game` raises."""
        from arena import torch_settings
        from games.checks import check_game

        with torch_settings.fixed():  # as games are played; two threads would take several times as long
            check_game(self.game(text), notify=patient(notify))

    def data_sheet(self, text: str) -> DataSheet:
        """What a game's author says of it, its sizes and its first picture. Raises what `game` raises."""
        from arena.sheet import DataSheet

        return DataSheet.of(str(Spec.parse(text)), self.game(text))

    def status(self) -> dict[str, Any]:
        """The league in numbers."""
        with self._reading() as store:
            return store.status()

    def verify(self, on_progress: Callable[[int, int], None] | None = None) -> list[str]:
        """Reads every byte that matters; what is wrong, in words. A sound log is folded again, for its ratings."""
        from arena.reckoning import disagreements

        with self._reading() as store:
            return store.verify(on_progress) or disagreements(store) or untrue_boards(store)

    def rebuild(self) -> None:
        """Counts payoffs and ratings again from the match log, which stays as it is."""
        from arena.reckoning import rebuild

        with self._holding() as store:
            rebuild(store)

    def backup(self, target: str | Path) -> None:
        """Copies the league to a new file. Raises `AlreadyExists`."""
        with self._reading() as store:
            store.backup(target)

    def upgrade(self) -> Path | None:
        """Brings the file to this version's schema; answers where its backup is, None if there was nothing to do."""
        from arena.migrations import upgrade

        return upgrade(self.path)

    def holder(self) -> str | None:
        """Who runs a season on this league at the moment, in words; None where nobody does."""
        return SeasonLock(self.path).holder()


def _canonical(game: str | None) -> str | None:
    return str(Spec.parse(game)) if game is not None else None
