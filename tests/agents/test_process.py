"""Programs as agents: whatever one does, it loses that match, by the right name, in time; and nothing of it is left."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.checks import check_agent
from agents.core import Agent
from agents.errors import Fault, Faults
from agents.process import Process
from agents.program import descent, jail, scratch
from agents.program.plan import Ending
from agents.registry import make_agent
from arena.match import Checkpoint, Match, Result
from arena.runner import Cast, Played, play
from games.errors import ArenaError, BadSpec, CannotLoad
from games.registry import GAMES

ROOT = Path(__file__).parents[2]
GAME = GAMES.make("tic_tac_toe")
LIMIT = 0.4  # seconds for a move
NAMED, REAPED = 0.1, 1.0  # seconds from the limit to a fault's name, and from there to the end of the program
TRIES = 5  # a busy machine takes its time; what is late by itself is late each time

BAD: dict[str, str] = {
    way: reason
    for reason, ways in {
        "invalid": "nan infinity boolean float exponent string null list_of_one object no_action",
        "illegal": "negative out_of_range beyond_64_bits three_hundred_digits taken_field",
        "protocol": (
            "ten_thousand_digits deep_action chatter chatter_in_json blank_lines wrong_id no_id numeric_id twice "
            "old_answer many_answers two_on_a_line deep deep_object not_utf8 zeros python_words cut_short "
            "array bare_number of_tomorrow greets_with_a_move greets_in_plain_words greets_twice too_early"
        ),
        "flood": "endless_line gigabyte_of_digits long_line greets_without_end stderr_flood",
        "timeout": (
            "silent deaf_to_signals busy drip late no_newline on_stderr stopped asleep_with_pipes_shut mute_from_the_start"
        ),
        "crash": (
            "exits exits_in_mid_game raises segfault kills_itself gone_at_the_start "
            "large_file forks socket subprocess"  # what the jail denies is an error in the program, of which it dies
        ),
        "memory": "memory_bit_by_bit memory_at_once",
    }.items()
    for way in ways.split()
}
SOUND = ("sound", "with_carriage_returns", "more_than_is_asked", "talkative_on_stderr", "in_pieces")


MINE = f"of-{os.getpid()}"  # other tests may run the same program at the same time


def command(way: str, program: str = "bad_programs") -> str:
    return f"{sys.executable} -I -S {ROOT / 'tests/plugins'}/{program}.py {way} {MINE}"


Start = Callable[..., Process]


@pytest.fixture
def program() -> Iterator[Start]:
    """Starts bad programs, and closes them: `program("silent", move_time=0.1)`."""
    agents: list[Process] = []
    ways: list[str] = []

    def start(way: str, **settings: Any) -> Process:
        ways.append(way)
        agents.append(Process(GAME.spec, command(way), **{"move_time": LIMIT, "memory": 64, **settings}))
        return agents[-1]

    before = len(os.listdir("/dev/fd"))
    yield start
    for agent, way in zip(agents, ways, strict=True):
        agent.close()
        assert not running(way)
    assert len(os.listdir("/dev/fd")) <= before


def versus(agent: Agent, *, games: int = 1) -> Played:
    """An agent in the first seat, against one that draws."""
    one, other = (Checkpoint(name, 1, name, None, name) for name in ("program", "other"))
    matches = [Match(place, place + 1, (one, other)) for place in range(games)]
    return play(GAME, matches, Cast([agent, make_agent("uniform", GAME.spec)], {one: (0, 0), other: (1, 0)}))


def endings(results: Sequence[Result]) -> list[str]:
    return [str(result.ending) for result in results]


def running(mark: str) -> list[str]:
    """Processes of these tests whose command has this word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if {mark, MINE} <= set(words) and state != "Z":
            found.append(" ".join(words))
    return found


@pytest.mark.parametrize("way", BAD)
def test_what_a_program_does_wrong_gets_its_name_in_time(way: str, program: Start) -> None:
    limit = LIMIT if BAD[way] == "timeout" else 20.0  # where it does not count, a busy machine shall not either
    agent = program(way, start_time=1.0 if way == "mute_from_the_start" else 20.0, move_time=limit)
    jail.best()
    tracemalloc.start()
    played = versus(agent)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (result,) = played.results
    assert result.faults == (BAD[way], None), played.notes
    assert result.returns == (-1.0, 1.0)
    assert peak < 1 << 20, "the league's own memory"


@pytest.mark.parametrize(
    "way", ["silent", "busy", "drip", "no_newline", "on_stderr", "deaf_to_signals", "stopped", "asleep_with_pipes_shut"]
)
def test_the_limit_is_one_for_the_whole_move_however_it_is_filled(way: str, program: Start) -> None:
    late = []
    for _ in range(TRIES):
        agent = program(way)
        agent._running()  # its start has a limit of its own
        clock = _Clock(agent)
        assert versus(agent).results[0].faults[0] == "timeout"
        late.append((clock.named - LIMIT, clock.gone - clock.named))
        if all(0 <= named < NAMED and reaped < REAPED for named, reaped in late[-1:]):
            return
    raise AssertionError(f"seconds from the limit to the name, and to the end: {late}")


class _Clock:
    """When a program's fault was named and when it was gone, in seconds from the first question."""

    def __init__(self, agent: Process) -> None:
        child = agent._child
        assert child
        self.child, self.listen, self.end = child, child.listen, child.end
        child.listen, child.end = self._listen, self._end  # type: ignore[method-assign]

    def _listen(self, deadline: float, speak: Iterator[bytes]) -> bytes:
        self.asked = time.monotonic()
        try:
            return self.listen(deadline, speak)
        except Fault:
            self.named = time.monotonic() - self.asked
            raise

    def _end(self, **way: bool) -> Ending:
        ending = self.end(**way)
        self.gone = time.monotonic() - self.asked
        return ending


@pytest.mark.parametrize("way", ["chatter", "endless_line", "exits", "no_id"])
def test_what_is_seen_at_once_is_named_at_once(way: str, program: Start) -> None:
    took = []
    for _ in range(TRIES):
        agent = program(way, move_time=20.0)
        agent._running()
        clock = _Clock(agent)
        assert versus(agent).results[0].faults[0] == BAD[way]
        took.append(clock.gone)
        if clock.gone < NAMED + REAPED:
            return
    raise AssertionError(f"seconds from the question to the end: {took}")


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("daemon", "crash"),
        ("wild_daemon", "timeout"),
        ("fork_bomb", "flood"),
        ("many_daemons", "flood"),
        ("daemons_that_eat", "memory"),
    ],
)
def test_whom_a_program_left_behind_goes_with_it(way: str, reason: str, program: Start) -> None:
    room = 64 if reason == "memory" else 8192
    agent = program(way, forks=True, memory=room, move_time=LIMIT if reason == "timeout" else 20.0)
    played = versus(agent)
    assert played.results[0].faults[0] == reason, played.notes
    assert not running(way)


def test_who_goes_on_in_others_all_the_time_is_ended_as_well(program: Start) -> None:
    agent = program("hoppers", forks=True, memory=8192, move_time=20.0)
    agent.act(_first_observation())
    agent.close()
    assert not running("hoppers")


def test_who_shuts_its_stdout_has_said_all_it_will_say(program: Start) -> None:
    """Bubblewrap holds it open, so there it is silence that ends the move."""
    reason = "timeout" if jail.best() == "bubblewrap" else "crash"
    assert versus(program("shuts_stdout")).results[0].faults[0] == reason


@pytest.mark.parametrize("way", ["threads", "many_files", "files_without_names", "headless"])
def test_who_takes_more_than_a_share_of_the_machine_is_a_flood(way: str, program: Start) -> None:
    agent = program(way, move_time=20.0, memory=8192)  # threads map much, and use little
    assert versus(agent).results[0].faults[0] == "flood"


@pytest.mark.parametrize("way", SOUND)
def test_what_is_odd_and_yet_right_plays_on(way: str, program: Start) -> None:
    agent = program(way, move_time=5.0)
    played = versus(agent, games=4)
    assert endings(played.results) == ["finished"] * 4, played.notes


@pytest.mark.parametrize(
    ("way", "reason"),
    [("breaks_on_one_board", "crash"), ("hangs_on_one_board", "timeout"), ("cheats_on_one_board", "illegal")],
)
def test_one_bad_board_is_one_lost_match(way: str, reason: str, program: Start) -> None:
    agent = program(way, move_time=1.0)
    played = versus(agent, games=6)
    assert endings(played.results) == ["finished"] * 2 + [f"forfeit({reason})"] + ["finished"] * 3, played.notes


def test_a_program_that_ends_over_and_over_is_given_up(program: Start) -> None:
    """Else a chunk of 500 matches against a silent program would last 500 limits."""
    agent = program("silent", move_time=0.1)
    played = versus(agent, games=50)
    assert endings(played.results) == ["forfeit(timeout)"] * 50
    assert sum("given up" in note for note in played.notes.values()) == 47


def test_who_is_given_up_stays_so_until_other_matches_begin(program: Start) -> None:
    """Boards that are taken by new matches, one by one, are no new chance; else each would cost three limits."""
    agent, seen = program("exits", move_time=20.0), _first_observation()

    def ask() -> str:
        agent.reset(seen.row, seen.seed)
        with pytest.raises(Faults) as raised:
            agent.act(seen)
        return raised.value.blamed[0].note

    assert ["given up" in ask() for _ in range(5)] == [False] * 3 + [True] * 2
    assert agent._child is None  # nor is it started to be told that it is given up
    agent.begin_chunk()
    assert "given up" not in ask()


def test_a_chunk_gives_a_program_another_chance(program: Start) -> None:
    agent = program("exits", move_time=20.0)
    for _ in range(2):
        notes = versus(agent, games=4).notes.values()
        assert ["given up" in note for note in notes] == [False] * 3 + [True]


# What is this machine's fault


def test_no_room_for_a_program_is_nobodys_loss(program: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    agent = program("sound", move_time=20.0)
    (result,) = versus(agent).results
    told = "no program can be started here: [Errno 2] No such file or directory: '/nonexistent'"
    assert (str(result.ending), result.returns) == (f"void(machine: {told})", ())
    monkeypatch.delenv("TMPDIR")
    assert endings(versus(agent).results) == ["finished"]


def test_no_descriptors_are_nobodys_loss_and_none_is_lost(program: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, before = program("sound", move_time=20.0), len(os.listdir("/dev/fd"))

    def none(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", none)
        assert str(versus(agent).results[0].ending) == (
            "void(machine: no program can be started here: [Errno 24] Too many open files)"
        )
    assert len(os.listdir("/dev/fd")) == before


def test_a_keeper_that_is_killed_is_nobodys_loss(program: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    agent = program("silent", move_time=20.0)
    os.kill(_keepers(agent)[1], signal.SIGKILL)
    assert str(versus(agent).results[0].ending) == "void(machine: the keeper of a program was killed by SIGKILL)"
    _demand_that_nothing_is_left("silent", tmp_path)


@pytest.mark.parametrize(
    ("killed", "told"),
    [(0, "the guard of a program was killed"), (1, "the keeper of a program was killed by SIGKILL")],
)
def test_who_outlives_its_keeper_or_its_guard_is_ended_by_the_other(
    killed: int, told: str, program: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program's children do not die with the keeper by themselves, and they hold the pipes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    agent = program("greets_in_company", move_time=20.0, forks=True)
    os.kill(_keepers(agent)[killed], signal.SIGKILL)
    assert agent._child
    assert agent._child._leash._readable(5.0)
    assert str(versus(agent).results[0].ending) == f"void(machine: {told})"
    _demand_that_nothing_is_left("greets_in_company", tmp_path)


def test_so_it_is_where_a_league_ignores_its_dead(program: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whom it starts inherits that."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    agent = program("greets_in_company", move_time=20.0, forks=True)
    former = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        keeper = _keepers(agent)[1]
    finally:
        signal.signal(signal.SIGCHLD, former)
    os.kill(keeper, signal.SIGKILL)
    assert "the keeper of a program was killed by SIGKILL" in str(versus(agent).results[0].ending)
    _demand_that_nothing_is_left("greets_in_company", tmp_path)


def test_what_is_left_where_both_are_killed_goes_when_another_starts(
    program: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(scratch, "_OLD", 0.0)
    agent = program("greets_in_company", move_time=5.0, forks=True)
    keepers = _keepers(agent)
    scratch.sweep(str(tmp_path))
    assert running("greets_in_company")  # what is kept is let alone
    assert os.listdir(tmp_path)
    for way in (signal.SIGSTOP, signal.SIGKILL):
        for one in keepers:
            os.kill(one, way)
    assert str(versus(agent).results[0].ending) == "void(machine: the keeper of a program ended without a word)"
    assert os.listdir(tmp_path)
    scratch.sweep(str(tmp_path))
    _demand_that_nothing_is_left("greets_in_company", tmp_path)


def _keepers(agent: Process) -> tuple[int, int]:
    """The guard and the keeper of an agent's program, which is started."""
    guard = agent._running()._keeper.pid
    (keeper,) = descent.children(guard)
    return guard, keeper


def _demand_that_nothing_is_left(way: str, place: Path) -> None:
    last = time.monotonic() + 10
    while (running(way) or os.listdir(place)) and time.monotonic() < last:
        time.sleep(0.01)
    assert not running(way)
    assert not os.listdir(place)


def test_a_program_that_is_none_is_its_own_fault(tmp_path: Path) -> None:
    (tmp_path / "bot").write_bytes(b"\x7fELF nothing of the kind")
    (tmp_path / "bot").chmod(0o755)
    agent = Process(GAME.spec, str(tmp_path / "bot"))
    played = versus(agent)
    agent.close()
    assert endings(played.results) == ["forfeit(crash)"]
    assert "cannot be run: Exec format error" in next(iter(played.notes.values()))


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("silent", "expected a move within 0.2 s, got nothing (flush after each line, or give it more move_time)"),
        ("drip", "and no end of the line (flush after each line"),
        ("mute_from_the_start", "expected the answer to hello within 0.5 s, got nothing"),
        (
            "gone_at_the_start",
            "expected the answer to hello within 0.5 s, but it ended: exit code 1 (try it by hand, where",
        ),
        (
            "kills_itself",
            "expected a move within 0.2 s, but it ended: killed by SIGKILL (try it by hand, where",
        ),
        ("long_line", "expected a move within 0.2 s, got a line of more than 65,536 bytes"),
    ],
)
def test_a_note_says_what_was_expected_what_came_and_what_to_do(way: str, told: str, program: Start) -> None:
    for _ in range(TRIES):  # a busy machine is late at anything
        agent = program(way, move_time=0.2, start_time=0.5)
        (note,) = versus(agent).notes.values()
        if told in note:
            return
    raise AssertionError(note)


def test_the_note_of_a_crash_tells_what_the_program_said_last(program: Start) -> None:
    agent = program("raises")
    (note,) = versus(agent).notes.values()
    assert "exit code 1" in note
    assert "ZeroDivisionError" in note


def test_whoever_knows_the_end_kills_the_program_with_the_league(tmp_path: Path) -> None:
    """A league that is killed cannot tidy up: the keeper sees its end."""
    script = f"""
import sys, time
from agents.process import Process
from games.registry import GAMES
agent = Process(GAMES.make("tic_tac_toe").spec, {command("silent")!r})
agent._running()
print("up", flush=True)
time.sleep(60)
"""
    league = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)})
    assert league.stdout
    assert league.stdout.readline() == b"up\n"
    assert running("silent")
    league.kill()
    league.wait()
    league.stdout.close()
    last = time.monotonic() + 10
    while running("silent") and time.monotonic() < last:
        time.sleep(0.01)
    assert not running("silent")


def test_a_program_that_is_forgotten_ends() -> None:
    agent = Process(GAME.spec, command("silent"))
    agent._running()
    assert running("silent")
    del agent
    gc.collect()
    last = time.monotonic() + 10
    while running("silent") and time.monotonic() < last:
        time.sleep(0.01)
    assert not running("silent")


# Simple mode


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("0", None),
        (" 0 ", None),
        ("x", "protocol"),
        ("0.0", "invalid"),
        ("true", "invalid"),
        ("9", "illegal"),
        ("0\n0", "protocol"),
    ],
)
def test_in_simple_mode_a_line_comes_in_and_an_action_goes_out(answer: str, reason: str | None, tmp_path: Path) -> None:
    bot = tmp_path / "bot.py"
    bot.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    message = json.loads(line)\n"
        "    assert set(message) == {'board', 'seat', 'step', 'observation', 'legal', 'time'}\n"
        f"    print({answer!r} if 0 in message['legal'] else message['legal'][0])\n"
    )
    agent = Process(GAME.spec, f"{sys.executable} -S {bot}", simple=True, move_time=5.0)
    (result,) = versus(agent).results
    agent.close()
    assert result.faults == ((reason, None) if reason else ())


@pytest.mark.parametrize(
    ("bot", "simple", "told"),
    [
        ("print(json.loads(line)['legal'][0], flush=True)", False, "of the simple mode is named with simple=True"),
        ("print(0, flush=True)", False, "of the simple mode is named with simple=True"),
        ("json.loads(line)['type']", True, "that answers `hello` is named without simple=True"),
        ("json.loads(line).get('type')", True, "that answers `hello` is named without simple=True"),
    ],
)
def test_who_is_spoken_to_in_the_other_mode_is_told_of_it(bot: str, simple: bool, told: str, tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(f"import json, sys\nfor line in sys.stdin:\n    {bot}\n")
    agent = Process(GAME.spec, f"{sys.executable} -S {tmp_path}/bot.py", simple=simple, move_time=2.0)
    (note,) = versus(agent).notes.values()
    agent.close()
    assert note.endswith(f"{told})")


def test_who_has_moved_is_of_the_right_mode(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("import json, sys\nprint(json.loads(next(sys.stdin))['legal'][0], flush=True)\n")
    agent = Process(GAME.spec, f"{sys.executable} -S {tmp_path}/bot.py", simple=True, move_time=5.0)
    (note,) = versus(agent).notes.values()
    agent.close()
    assert "it ended: exit code 0" in note
    assert "simple" not in note


# Examples


@pytest.mark.parametrize(
    ("example", "game"), [("bot.py", "connect_four"), ("bot.py", "kuhn_poker"), ("bot.js", "rock_paper_scissors")]
)
def test_the_examples_keep_the_contract_of_agents(example: str, game: str) -> None:
    interpreter = sys.executable if example.endswith(".py") else shutil.which("node")
    if interpreter is None:
        pytest.skip("node is not installed")
    rules = GAMES.make(game)
    check_agent(f"process({f'{interpreter} {ROOT}/examples/{example}'!r}, move_time=10.0)", rules)


# What is wrong before anything runs


@pytest.mark.parametrize(
    ("spec", "kind", "told"),
    [
        ("process('./nothing')", CannotLoad, "there is no program at"),
        ("process('no-such-program-anywhere')", CannotLoad, "no program is called"),
        ("process('python3 nothing.py')", CannotLoad, "there is no file"),
        ("process('./README.md')", CannotLoad, "is not executable"),
        ("process('')", BadSpec, "one line of text"),
        ("process('python3 \"')", BadSpec, "cannot be read as a command"),
        ("process(3)", BadSpec, "one line of text"),
        ("process('true', move_time=0)", BadSpec, "move_time must be a number above 0"),
        ("process('true', move_time=True)", BadSpec, "move_time must be a number above 0"),
        ("process('true', memory=0)", BadSpec, "memory must be a number from 1"),
        ("process('true', forks='False')", BadSpec, "forks must be True or False, got 'False'"),
        ("process('true', simple='no')", BadSpec, "simple must be True or False, got 'no'"),
        ("process('true', trusted=True)", BadSpec, "trusted"),
    ],
)
def test_a_wrong_path_is_refused_with_its_cure(spec: str, kind: type[ArenaError], told: str) -> None:
    with pytest.raises(kind, match=told) as refusal:
        make_agent(spec, GAME.spec)
    assert refusal.value.hint or "must be" in refusal.value.cause


def test_a_file_in_this_folder_is_meant_with_its_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bot").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotLoad) as refusal:
        make_agent("process('bot')", GAME.spec)
    assert "./bot" in str(refusal.value.hint)


def test_infinity_in_an_observation_is_no_programs_fault(program: Start) -> None:
    agent = program("sound", move_time=5.0)
    seen = _first_observation()
    seen.features[0].fill_(float("inf"))
    agent.reset(seen.row, seen.seed)
    assert agent.act(seen).tolist() == [0]


def _first_observation():  # type: ignore[no-untyped-def]
    from agents.rehearsal import rehearse

    return rehearse(GAME, make_agent("uniform", GAME.spec), boards=1).turns[0].seen.take(torch.tensor([0]))
