"""Programs in a league: registered, jailed or trusted, suspended, replayed. What they are by themselves: tests/agents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from agents.program import jail
from arena import League, health
from arena.errors import NotFound
from arena.match import Entrant
from arena.season import Event, RoundBegan
from games.errors import CannotLoad, CheckFailed
from tests.arena.cli.conftest import typed

ROOT = Path(__file__).parents[2]
GAME = "tic_tac_toe"
BOT = f"process({f'{sys.executable} -I -S {ROOT}/examples/bot.py'!r}, move_time=20.0)"
BAD = f"process({f'{sys.executable} -I -S {ROOT}/tests/plugins/bad_programs.py exits'!r}, move_time=20.0)"
MUTE = f"process({f'{sys.executable} -I -S {ROOT}/tests/plugins/bad_programs.py mute_from_the_start'!r}, start_time=0.2)"
SMALL = {"rounds": 1, "games": 2, "train": 0}


@pytest.fixture
def league(tmp_path: Path) -> League:
    league = League(tmp_path / "league.db")
    league.register("other", "uniform", game=GAME)
    return league


def test_a_season_with_a_program_is_the_same_with_any_number_of_workers(tmp_path: Path) -> None:
    digests = set()
    for workers in (1, 2):
        league = League(tmp_path / f"{workers}.db")
        league.register("program", BOT, game=GAME)
        league.register("other", "uniform", game=GAME)
        league.run_season(GAME, workers=workers, chunk=4, **{**SMALL, "games": 6})
        digests.add(league.status()["digest"])
        rows = league.matches()
        assert {row.result.ending.kind for row in rows} == {"finished"}
        for row in rows:  # the row keeps what kept the program in, seat by seat
            kept = [jail.best() if who.agent == "program" else None for who in row.result.match.lineup]
            assert list(row.result.jails) == kept
        assert list(league.verify_matches()) == []
        assert league.verify() == []
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("spec", "kind", "told"),
    [
        (
            BAD,
            CheckFailed,
            r"forfeit\(crash\): expected a move within 20 s, but it ended: exit code 0 \(try it by hand, where",
        ),
        (MUTE, CheckFailed, "expected the answer to hello within 0.2 s, got nothing .*start_time"),
        ("process('./nothing')", CannotLoad, "there is no program at"),
    ],
)
def test_a_program_that_does_not_play_is_refused_and_nothing_is_saved(
    spec: str, kind: type[Exception], told: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=told):
        League(tmp_path / "league.db").register("bad", spec, game=GAME)
    assert not (tmp_path / "league.db").exists()


def test_an_exhibition_tells_in_a_line_what_was_expected_what_came_and_what_to_do(league: League, tmp_path: Path) -> None:
    bot = tmp_path / "bot.py"
    bot.write_text("import sys\nprint('no ideas', file=sys.stderr)\nsys.exit(4)\n")
    league.register("bad", f"process('{sys.executable} -S {bot}', start_time=20.0)", game=GAME, check=False)
    told = league.exhibition(["bad", "other"], games=2).told
    crashed = "bad@1: expected the answer to hello within 20 s, but it ended: exit code 4: no ideas (try it by hand, where"
    assert told["forfeit(crash)"].startswith(crashed)
    assert f"forfeit(crash) 2  {crashed}" in typed(tmp_path / "league.db", "match", "bad", "other", "--games", "2").stdout
    bot.unlink()
    told = league.exhibition(["bad", "other"], games=2).told
    assert told == {"forfeit(crash)": f"bad@1: there is no file '{bot}' (paths are relative to the current folder)"}


def test_three_forfeits_suspend_from_the_next_round_on_and_the_board_shows_it(league: League) -> None:
    league.register("bad", BAD, game=GAME, check=False)
    league.register("third", "tactician", game=GAME)
    began: list[RoundBegan] = []

    def note(event: Event) -> None:
        if isinstance(event, RoundBegan):
            began.append(event)

    league.run_season(GAME, notify=note, **{**SMALL, "rounds": 2})
    assert [event.suspended for event in began] == [(), ("bad",)]
    lineups = [{who.agent for who in row.result.match.lineup} for row in league.matches()]
    assert sum("bad" in lineup for lineup in lineups) == 4  # of the first round alone
    assert league.suspended(GAME) == {"bad": 4}
    assert "bad@1 (suspended)" in str(league.leaderboard(GAME))
    assert [place.agent for place in league.leaderboard(GAME).places if place.suspended] == ["bad"]
    assert "suspended 4 of its last matches were forfeits" in typed(league.path, "agents", "show", "bad").output
    league.reinstate("bad")
    assert "suspended" not in str(league.leaderboard(GAME))
    assert league.verify() == []


def test_where_all_but_one_are_suspended_a_round_has_no_matches(league: League) -> None:
    league.register("bad", BAD, game=GAME, check=False)
    league.run_season(GAME, **{**SMALL, "rounds": 3, "games": 4})
    assert league.status()["matches"] == 4
    assert league.verify() == []


def test_a_season_that_was_killed_after_a_suspension_goes_on_as_if_it_had_not_been(league: League, tmp_path: Path) -> None:
    league.register("bad", BAD, game=GAME, check=False)
    league.register("third", "tactician", game=GAME)
    league.backup(tmp_path / "copy.db")
    league.run_season(GAME, **{**SMALL, "rounds": 3})

    class Killed(Exception):
        pass

    def kill(event: Event) -> None:
        if isinstance(event, RoundBegan) and event.number == 1:
            raise Killed

    copy = League(tmp_path / "copy.db")
    with pytest.raises(Killed):
        copy.run_season(GAME, notify=kill, **{**SMALL, "rounds": 3})
    copy.resume()
    assert copy.status()["digest"] == league.status()["digest"]


# Trust


def test_trust_is_a_word_of_the_owner_and_the_program_runs_without_a_jail(league: League, tmp_path: Path) -> None:
    done = typed(league.path, "register", "mine", BOT, "--game", GAME, "--trust")
    assert done.exit_code == 0, done.output
    assert "main (trusted)" in typed(league.path, "agents", "list").output
    league.run_season(GAME, **SMALL)
    assert {jail for row in league.matches() for jail in row.result.jails} == {"trusted", None}
    shown = typed(league.path, "matches", "show", "1").output
    assert "jails       trusted, none" in shown or "jails       none, trusted" in shown


def test_a_league_that_is_imported_trusts_nobody(league: League, tmp_path: Path) -> None:
    league.register("mine", BOT, game=GAME, trust=True, check=False)
    league.exchange.export(tmp_path / "all.arena")
    copy = League(tmp_path / "copy.db")
    copy.exchange.import_league(tmp_path / "all.arena")
    assert [one.trusted for one in league.agents()] == [False, True]
    assert [one.trusted for one in copy.agents()] == [False, False]
    assert copy.verify() == []
    assert typed(copy.path, "agents", "trust", "mine").output == "trusted  mine\n"
    assert copy.agents()[1].trusted
    assert typed(copy.path, "agents", "trust", "mine", "--revoke").output == "jailed  mine\n"
    assert not copy.agents()[1].trusted


@pytest.mark.skipif(jail.best() is None, reason=f"there is no jail here: {jail.lacking()}")
def test_an_engine_of_a_league_that_is_imported_is_jailed_as_well(tmp_path: Path) -> None:
    """Whoever wrote its spec, what it starts reaches for nothing here."""
    game, mark = "chess(max_steps=2)", tmp_path / "mark"
    (tmp_path / "engine.sh").write_text(f"touch {mark}\nexec {sys.executable} {ROOT}/tests/plugins/engine.py well\n")
    spec = f"uci('sh {tmp_path}/engine.sh {sys.executable} {ROOT}/tests/plugins/engine.py', depth=1, forks=True)"
    theirs = League(tmp_path / "theirs.db")
    theirs.register("other", "uniform", game=game)
    theirs.register("engine", spec, game=game, trust=True, check=False)
    theirs.exchange.export(tmp_path / "all.arena")
    mark.unlink()
    ours = League(tmp_path / "ours.db")
    ours.exchange.import_league(tmp_path / "all.arena")
    ours.run_season(game, **SMALL)
    rows = ours.matches()
    assert {row.result.ending.kind for row in rows} == {"finished"}
    assert {kept for row in rows for kept in row.result.jails} == {jail.best(), None}
    assert not mark.exists()


def test_a_machine_that_can_start_nothing_makes_matches_void_and_suspends_nobody(
    league: League, monkeypatch: pytest.MonkeyPatch
) -> None:
    league.register("program", BOT, game=GAME, check=False)
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    league.run_season(GAME, **{**SMALL, "games": 4})
    assert {str(row.result.ending)[:30] for row in league.matches()} == {"void(machine: no program can b"}
    assert not league.suspended(GAME)
    assert league.verify() == []


def test_a_stranger_s_spec_does_not_ask_for_trust(league: League) -> None:
    done = typed(league.path, "register", "sly", BOT.replace(")", ", trusted=True)"), "--game", GAME)
    assert done.exit_code == 2
    assert "whom to trust is not for a spec to say" in done.stderr


# Commands


def test_reinstating_is_a_command(league: League) -> None:
    assert typed(league.path, "agents", "reinstate", "other").exit_code == 2
    with pytest.raises(NotFound):
        league.reinstate("nobody")


def test_a_check_can_be_read_by_a_machine(league: League) -> None:
    import json

    done = typed(league.path, "agents", "check", BOT, "--game", GAME, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["schema"], told["game"], told["deterministic"]) == (1, GAME, True)


def test_a_check_of_an_engine_that_draws_lots_says_that_it_did_not_look_at_them(tmp_path: Path) -> None:
    import json

    engine = f"uci('{sys.executable} {Path(__file__).parents[1]}/plugins/engine.py lots', depth=1)"
    done = typed(tmp_path / "league.db", "agents", "check", engine, "--game", "chess(max_steps=6)", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert not told["deterministic"]
    assert told["remark"] == (
        "an engine's lots are its own: its moves are legal, and whether it would make them again was not judged"
    )
    assert f"note  {told['remark']}\n" in done.stderr


def test_a_check_that_this_machine_spoils_does_not_say_that_the_program_breaks_its_contract(
    league: League, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = health.examine

    def and_then_the_disk_is_full(*given: Any, **named: Any) -> health.Newcomer:
        newcomer = examined(*given, **named)
        monkeypatch.setenv("TMPDIR", "/nonexistent")
        return newcomer

    monkeypatch.setattr(health, "examine", and_then_the_disk_is_full)
    with pytest.raises(CheckFailed) as refused:
        league.check_agent(BOT, game=GAME)
    assert refused.value.cause.startswith("it is no fault of the agent: no program can be started here")


def test_the_doctor_tells_how_close_the_jail_is(league: League) -> None:
    assert (
        f"jail      {'bubblewrap' if jail.best() == 'bubblewrap' else 'Landlock' if jail.best() else 'none'}"
        in typed(league.path, "doctor").output
    )


def test_entrants_are_not_trusted_unless_it_is_said() -> None:
    assert not Entrant("a", "uniform", GAME).trusted
