"""Engines: a page of Python that speaks UCI, in every mood, and Stockfish where it is there."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path

import pytest
import torch

from agents.checks import check_agent
from agents.core import Observation
from agents.errors import Faults
from agents.program import jail
from agents.program.descent import family
from agents.registry import make_agent
from agents.uci import UCI, _options
from arena.match import Checkpoint, Match
from arena.runner import Cast, Played, play
from games.chess import Chess
from games.errors import ArenaError, BadSpec, CannotLoad, CheckFailed, MissingExtra
from games.registry import GAMES, Spec

PAGE = Path(__file__).parents[1] / "plugins" / "engine.py"
STOCKFISH = shutil.which("stockfish") or shutil.which("stockfish", path="/usr/games")
needs_stockfish = pytest.mark.skipif(STOCKFISH is None, reason="no stockfish here: apt-get install stockfish")


def page(mood: str = "", *, log: Path | None = None, **settings: object) -> str:
    command = f"{sys.executable} {PAGE} {mood or 'well'}" + (f" --log {log}" if log else "")
    told = {"depth": 1, "patience": 20.0, **settings}
    return str(Spec("uci", (command,), tuple(told.items())))


def matches(specs: list[str], *, game: Chess, boards: int = 2, trusted: bool = False) -> Played:
    """Matches of the first against the second, both ways round. `trusted`: they may write where they like."""
    who = [Checkpoint.make(f"a{place}", 1, spec=spec) for place, spec in enumerate(specs)]
    agents = [make_agent(spec, game.spec, trusted=trusted) for spec in specs]
    lineups = [tuple(who) if place % 2 == 0 else tuple(reversed(who)) for place in range(boards)]
    cast = Cast(agents, {one: (place, 0) for place, one in enumerate(who)})
    played = play(game, [Match(place, place // 2, lineup) for place, lineup in enumerate(lineups)], cast)
    for agent in agents:
        agent.close()
    return played


def processes(agent: UCI) -> set[int]:
    """An engine's keeper, the engine, and whatever it has started."""
    return set(family(int(agent._engine._pipes.get_pid())))


def gone(process: int) -> bool:
    """Whether a process ends within a few seconds."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_an_engine_plays_its_matches_and_is_gone_at_the_end() -> None:
    agent = seated(page())
    engine = processes(agent)
    assert len(engine) >= 2
    played = matches([page(), "uniform"], game=Chess(max_steps=8))
    assert [result.ending.kind for result in played.results] == ["finished"] * 2
    assert all(os.path.exists(f"/proc/{process}") for process in engine)
    agent.close()
    assert all(gone(process) for process in engine)


def test_it_acts_as_agents_must() -> None:
    assert check_agent(page(), Chess(max_steps=4))


def test_one_that_draws_its_own_lots_need_not_repeat_itself() -> None:
    assert not check_agent(page("lots"), Chess(max_steps=4))
    with pytest.raises(CheckFailed):
        check_agent(page("illegal"), Chess(max_steps=4))


def test_it_is_told_of_the_moves_and_not_of_the_position_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    matches([page(log=log), page()], game=Chess(max_steps=7), boards=1, trusted=True)
    told = [line.split() for line in log.read_text().splitlines() if line.startswith("position")]
    assert [len(line[line.index("moves") + 1 :]) if "moves" in line else 0 for line in told] == [0, 2, 4, 6]
    assert told[0][:2] == ["position", "startpos"] or told[0][1] == "fen"


def test_its_limits_reach_it(tmp_path: Path) -> None:
    log, game = tmp_path / "log", Chess(max_steps=2)
    command = f"{sys.executable} {PAGE} well --log {log}"
    spec = f"uci({command!r}, nodes=77, depth=5, move_time=0.5, options={{'Wits': 3}})"
    matches([spec, page()], game=game, boards=1, trusted=True)
    told = log.read_text().splitlines()
    assert "setoption name Wits value 3" in told
    assert [line for line in told if line.startswith("go")] == ["go nodes 1", "go depth 5 nodes 77 movetime 500"]


@pytest.mark.parametrize(
    ("mood", "reason", "note"),
    [
        ("dies", "crash", "died while it thought: exit code 3"),
        ("silent", "timeout", "did not move within 1 s"),
        ("noisy", "timeout", "did not move within 1 s"),
        ("garbage", "protocol", "castle"),
        ("illegal", "protocol", "a1a8"),
        ("endless", "flood", "a line of more than 65,536 bytes"),
        ("hungry", "memory", "of memory"),
        ("parent", "crash", "Operation not permitted"),
    ],
)
def test_a_fault_has_its_name_and_costs_one_match(mood: str, reason: str, note: str) -> None:
    agent = seated(page(mood, patience=1.0 if reason == "timeout" else 20.0, memory=128))
    with pytest.raises(Faults) as raised:
        turns(agent, 3)
    (fault,) = raised.value.blamed.values()
    assert fault.reason == reason
    assert note in fault.note
    if mood == "dies":  # the next match finds it well
        agent.reset(ROW, ROW)
        turns(agent, 1)
    agent.close()


ROW = torch.zeros(1, dtype=torch.int64)


def seated(spec: str) -> UCI:
    """An engine at the start of a match."""
    agent = make_agent(spec, Chess().spec)
    assert isinstance(agent, UCI)
    agent.reset(ROW, ROW)
    return agent


def turns(agent: UCI, count: int) -> None:
    """Shows it so many positions in which White is to move."""
    game = Chess()
    state = game.reset(ROW)
    for _ in range(count):
        agent.act(Observation(game.observe(state, ROW), state.legal[:, 0], ROW, state.step, ROW, ROW, ROW))
        for _ in range(2):
            state = game.step(state, state.legal.long().argmax(2))


def test_an_engine_that_never_answers_is_given_up_until_the_next_chunk() -> None:
    """Its patience is not spent on each board."""
    agent, game, rows = seated(page("silent", patience=1.5)), Chess(), torch.arange(6)
    state = game.reset(rows)
    seen = Observation(game.observe(state, rows * 0), state.legal[:, 0], rows * 0, state.step, rows, rows, rows)
    for _ in range(2):
        agent.begin_chunk()
        with pytest.raises(Faults) as raised:
            agent.act(seen)
        notes = [fault.note for fault in raised.value.blamed.values()]
        assert ["given up" in note for note in notes] == [False] * 3 + [True] * 3
    assert {fault.reason for fault in raised.value.blamed.values()} == {"timeout"}
    agent.close()


def test_a_fault_is_a_forfeit_of_that_match_with_a_note() -> None:
    played = matches([page("dies"), "uniform"], game=Chess(max_steps=8), boards=2)
    lost = [result for result in played.results if result.ending.kind == "forfeit"]
    assert lost
    assert any("died while it thought" in note for note in played.notes.values())


def test_what_an_engine_started_goes_with_it() -> None:
    agent = seated(page("parent", forks=True))
    before = processes(agent)
    turns(agent, 3)  # it starts another with the third
    after = processes(agent)
    assert len(after) > len(before)
    agent.close()
    assert all(gone(process) for process in after)


def test_an_engine_that_is_forgotten_ends() -> None:
    agent = seated(page())
    engine = processes(agent)
    del agent
    gc.collect()
    assert all(gone(process) for process in engine)


needs_jail = pytest.mark.skipif(jail.best() is None, reason=f"there is no jail here: {jail.lacking()}")


@needs_jail
@pytest.mark.parametrize("trusted", [False, True])
def test_an_engine_is_jailed_as_any_program_unless_it_is_trusted(trusted: bool, tmp_path: Path) -> None:
    (tmp_path / "engine.sh").write_text(f"touch {tmp_path}/mark\nexec {sys.executable} {PAGE} well\n")
    spec = f"uci('sh {tmp_path}/engine.sh {sys.executable} {PAGE}', depth=1, forks=True)"
    agent = make_agent(spec, Chess().spec, trusted=trusted)
    assert agent.jail == ("trusted" if trusted else jail.best())
    agent.close()
    assert (tmp_path / "mark").exists() == trusted


@needs_jail
def test_the_row_of_a_match_keeps_what_kept_an_engine_in() -> None:
    played = matches([page(), "uniform"], game=Chess(max_steps=2))
    assert [result.jails for result in played.results] == [(jail.best(), None), (None, jail.best())]


def test_what_this_machine_lacks_is_no_engines_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    played = matches([page(), "uniform"], game=Chess(max_steps=2))
    assert {result.ending.kind for result in played.results} == {"void"}
    assert "machine: no program can be started here" in str(played.results[0].ending)


def test_files_that_options_name_can_be_read_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine runs in a folder of its own."""
    for name in ("net.nn", "tb/one"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    told, files = _options({"EvalFile": "./net.nn", "SyzygyPath": "./tb:./net.nn", "Threads": 1, "Mode": "fast"})
    assert told == {
        "EvalFile": f"{tmp_path}/net.nn",
        "SyzygyPath": f"{tmp_path}/tb:{tmp_path}/net.nn",
        "Threads": 1,
        "Mode": "fast",
    }
    assert set(files) == {tmp_path / "net.nn", tmp_path / "tb"}


def test_one_that_does_not_quit_is_killed() -> None:
    agent = seated(page("stays"))
    engine = processes(agent)
    agent.close()
    assert all(gone(process) for process in engine)


@pytest.mark.parametrize(
    ("spec", "error", "cause"),
    [
        ('uci("no_such_engine")', CannotLoad, "there is no engine 'no_such_engine'"),
        ('uci("")', BadSpec, "a command in quotes"),
        ('uci("stock\\"fish")', BadSpec, "no command"),
        ("uci(7)", BadSpec, "a command in quotes"),
        ('uci("cat", patience=1)', BadSpec, "it did not answer within 1 s"),
        ('uci("false", patience=5)', BadSpec, "does not work as a UCI engine"),
        (f"uci('{sys.executable} {PAGE} well', options={{'Elo': 3}})", BadSpec, "does not support option Elo"),
        (
            f"uci('{sys.executable} {PAGE} well', options={{'Sly': 'purple'}})",
            BadSpec,
            "expected True or False for option 'Sly'",
        ),
        (
            f"uci('{sys.executable} {PAGE} well', options={{'Wits': 7, 'Sly': True}})",
            BadSpec,
            "cannot play with the options Wits=7, Sly=True: .* exit code 1: ERROR: seven wits are too many",
        ),
        (f"uci('{sys.executable} {PAGE} mute', patience=1)", BadSpec, "did not answer within 1 s"),
        ('uci("cat", nodes=0)', BadSpec, "nodes"),
        ('uci("cat", move_time=0)', BadSpec, "move_time"),
        ('uci("cat", options=3)', BadSpec, "names and values"),
    ],
)
def test_an_engine_that_is_absent_or_none_is_refused_with_a_cause_and_a_cure(
    spec: str, error: type[ArenaError], cause: str
) -> None:
    with pytest.raises(error, match=cause) as raised:
        make_agent(spec, Chess().spec)
    assert raised.value.hint or "must be" in raised.value.cause


def test_options_without_end_are_a_flood() -> None:
    """Each would be kept."""
    with pytest.raises(BadSpec, match="more than 1,048,576 bytes before uciok"):
        make_agent(page("options", patience=60.0), Chess().spec)


def test_it_plays_chess_and_nothing_else() -> None:
    with pytest.raises(BadSpec, match="uci needs 'chess'"):
        make_agent(page(), GAMES.make("tic_tac_toe").spec)


def test_what_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = Chess().spec
    monkeypatch.setitem(sys.modules, "chess", None)
    with pytest.raises(MissingExtra) as raised:
        make_agent('uci("cat")', spec)
    assert raised.value.hint == "pip install 'arena-league[chess]'"


@needs_stockfish
@pytest.mark.parametrize(("name", "value"), [("EvalFile", "/etc/hostname"), ("Hash", 2**20)])
def test_what_stockfish_cannot_take_is_told_with_its_name_and_a_cure(name: str, value: object) -> None:
    with pytest.raises(BadSpec, match=f"cannot play with the options {name}={value!r}: .*(not loaded|allocate)") as raised:
        make_agent(f"uci('stockfish', options={{{name!r}: {value!r}}})", Chess().spec)
    assert "memory=" in str(raised.value.hint)


def test_what_is_odd_and_harmless_is_not_said_at_the_users_terminal() -> None:
    """Neither by the library that reads the engine, nor by asyncio where somebody else reaps our children."""
    script = f"""
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from tests.agents.test_uci import page, seated, turns
agent = seated({page("odd")!r})
turns(agent, 2)
agent.close()
"""
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=root, text=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, "")


@needs_stockfish
def test_stockfish_by_nodes_plays_the_same_each_time() -> None:
    game, spec = Chess(max_steps=10), 'uci("stockfish", nodes=100)'
    runs = [matches([spec, spec], game=game).results for _ in range(2)]
    assert [result.tape for result in runs[0]] == [result.tape for result in runs[1]]


@needs_stockfish
def test_a_ladder_of_stockfishes_stands_in_the_order_of_their_skill() -> None:
    """Skill levels far enough apart to be told in a few games; a match that lasts 100 plies counts as a draw."""
    levels, score = (0, 6, 20), dict[int, float]()
    game = Chess(fen=list(OPENINGS), max_steps=100)
    for pair in combinations(levels, 2):
        specs = [f'uci("stockfish", nodes=400, options={{"Skill Level": {level}}})' for level in pair]
        played = matches(specs, game=game, boards=6)
        for result in played.results:
            first, second = pair if str(result.match.lineup[0]) == "a0@1" else pair[::-1]
            score[first] = score.get(first, 0.0) + result.returns[0]
            score[second] = score.get(second, 0.0) + result.returns[1]
    assert score[0] < score[6] < score[20], score


OPENINGS = (
    "rnbqkbnr/pp1ppppp/8/2p5/4P3/8/PPPP1PPP/RNBQKBNR w KQkq - 0 2",
    "rnbqkbnr/ppp1pppp/8/3p4/3P4/8/PPP1PPPP/RNBQKBNR w KQkq - 0 2",
    "rnbqkbnr/pppp1ppp/4p3/8/4P3/8/PPPP1PPP/RNBQKBNR w KQkq - 0 2",
    "rnbqkb1r/pppppppp/5n2/8/2P5/8/PP1PPPPP/RNBQKBNR w KQkq - 1 2",
)
