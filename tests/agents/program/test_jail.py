"""The jail: none of these programs gets hold of what it reaches for, in any of the tiers that this machine can build."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from agents.process import Process
from agents.program import jail, landlock
from agents.registry import make_agent
from agents.rehearsal import rehearse
from games.errors import NotTrusted
from games.registry import GAMES
from tests.plugins import hostile_programs

ROOT = Path(__file__).parents[3]
GAME = GAMES.make("rock_paper_scissors")
SEEN = rehearse(GAME, make_agent("uniform", GAME.spec), boards=1).turns[0].seen.take(torch.tensor([0]))
TIERS = [tier for tier in ("landlock", "bubblewrap") if jail.best() == "bubblewrap" or jail.best() == tier]
if not TIERS:
    pytest.skip(f"there is no jail here: {jail.lacking()}", allow_module_level=True)

ALLOWED = [
    "reads_its_own_folder",
    "writes_to_its_scratch_folder",
    "copies_files",
    "starts_a_thread",
    "imports_much",
    "draws_random_bytes",
]
PROBES = [name for name in hostile_programs.PROBES if name not in ALLOWED]

Try = Callable[..., int]


STOPPED_ANYWAY = [
    "uses_a_descriptor_left_open",
    "sees_the_leagues_environment_variables",
]  # who is trusted inherits no more
UP_TO_THE_MACHINE = [  # whether these succeed without a jail
    "old_system_calls",  # a kernel that has them; tests/agents/program/test_seccomp.py asks the filter itself
    "clones_in_a_new_namespace",  # many systems let nobody
    "has_capabilities",  # root
    "raises_its_limits",  # root
    "marks_a_neighbours_file",  # the file system
    "sets_flags_of_its_own_file",
    "leases_its_own_file",
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Things to reach for: a league and a secret beside the program, a process, services on this machine."""
    with _world(tmp_path_factory) as made:
        before = _state(made)
        yield made
        assert _state(made) == before


def _state(world: dict[str, str]) -> list[object]:
    """What a probe must not change."""
    files = [Path(world[name]) for name in ("secret", "league", "program")]
    told = [(file.read_bytes(), file.stat().st_mode, file.stat().st_mtime_ns) for file in files]
    folders = [(file.parent.stat().st_mode, sorted(one.name for one in file.parent.iterdir())) for file in files]
    alive = Path(f"/proc/{world['victim']}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return [*told, *folders, alive]


@contextmanager
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("bots")
    shutil.copy(hostile_programs.__file__, folder / "hostile.py")
    (folder / "league.db").write_bytes(b"SQLite format 3\0 all weights")
    (folder / "notes").write_bytes(b"SQLite format 3\0 a league of another name")
    secret = tmp_path_factory.mktemp("private") / "secret"
    secret.write_bytes(b"the key to everything")
    secret.chmod(0o600)
    victim = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as service,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as letterbox,
    ):
        service.bind(str(folder / "service"))
        service.listen()
        letterbox.bind(str(folder / "letterbox"))
        yield {
            "program": str(folder / "hostile.py"),
            "secret": str(secret),
            "league": str(folder / "league.db"),
            "renamed league": str(folder / "notes"),
            "service": str(folder / "service"),
            "letterbox": str(folder / "letterbox"),
            "victim": str(victim.pid),
            "port": str(server.getsockname()[1]),
        }
    victim.kill()
    victim.wait()


@pytest.fixture
def attempt(world: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Try:
    """Lets a probe try, in a tier, and answers its move: 0 where it got through."""
    monkeypatch.setenv("ARENA_SECRET", "SECRET")

    def run(name: str, tier: str, *, argument: str | None = None, forks: bool = False) -> int:
        monkeypatch.setattr(jail, "best", lambda: tier)
        return _tried(name, argument or _argument(name, world), world, forks=forks)

    return run


def _tried(name: str, argument: str, world: dict[str, str], **settings: bool) -> int:
    command = f"{sys.executable} -S {world['program']} {name} {_hex(argument)}"
    agent = Process(GAME.spec, command, move_time=30.0, start_time=30.0, **settings)
    agent.reset(SEEN.row, SEEN.seed)
    try:
        return int(agent.act(SEEN))
    finally:
        agent.close()


def _hex(text: str) -> str:
    return text.encode().hex()


def _argument(name: str, world: dict[str, str]) -> str:
    """What a probe is told to reach for."""
    wanted = {
        "reads_the_league": "league",
        "talks_to_a_local_service": "service",
        "sends_past_a_pair": "letterbox",
        "connects": "port",
        "sends_a_datagram": "port",
        "looks_at_another_process": "victim",
    }
    if name in wanted:
        return world[wanted[name]]
    aims_at_a_process = any(word in name for word in ("kills", "signals", "traces", "memory", "limits"))
    return world["victim" if aims_at_a_process else "secret"]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("probe", PROBES)
def test_no_probe_gets_through(probe: str, tier: str, attempt: Try) -> None:
    assert attempt(probe, tier) == 1


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("probe", ALLOWED)
def test_what_programs_need_is_allowed(probe: str, tier: str, attempt: Try) -> None:
    assert attempt(probe, tier) == 0


@pytest.mark.parametrize("tier", TIERS)
def test_a_database_beside_the_program_is_hidden_whatever_its_name(tier: str, attempt: Try, world: dict[str, str]) -> None:
    assert attempt("reads_the_league", tier, argument=world["renamed league"]) == 1


@pytest.mark.parametrize("tier", TIERS)
def test_who_may_start_processes_may_do_that_and_no_more(tier: str, attempt: Try) -> None:
    assert attempt("forks", tier, forks=True) == 0
    assert attempt("spawns", tier, forks=True) == 0
    for probe in ("connects", "unshares", "clones_in_a_new_namespace", "reads_a_neighbours_secret", "kills_a_neighbour"):
        assert attempt(probe, tier, forks=True) == 1


@pytest.mark.parametrize("probe", PROBES)
def test_the_probes_can_succeed(
    probe: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a jail they do, so it is the jail that stops them."""
    monkeypatch.setenv("ARENA_SECRET", "SECRET")
    with _world(tmp_path_factory) as world:
        tried = _tried(probe, _argument(probe, world), world, trusted=True)
    assert tried == int(probe in STOPPED_ANYWAY) or probe in UP_TO_THE_MACHINE


@pytest.mark.parametrize("tier", TIERS)
def test_a_program_among_thousands_of_files_starts(tier: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it may read does not fit into a command line."""
    for number in range(1000):
        (tmp_path / f"{number:0200d}").touch()
    shutil.copy(hostile_programs.__file__, tmp_path / "bot.py")
    monkeypatch.setattr(jail, "best", lambda: tier)
    agent = Process(
        GAME.spec, f"{sys.executable} -S {tmp_path}/bot.py reads_its_own_folder 00", start_time=30.0, move_time=30.0
    )
    assert len(str(agent.plan)) > 1 << 17
    agent.reset(SEEN.row, SEEN.seed)
    assert int(agent.act(SEEN)) == 0
    agent.close()


CUTS = [
    "truncates_a_neighbours_file",
    "opens_a_file_to_cut_it",
    "opens_a_file_for_nothing_to_cut_it",
    "opens_past_the_filter",
]


REACHES_FOR_FILES = [
    "truncates_a_neighbours_file",
    "opens_a_file_to_cut_it",
    "opens_a_file_for_nothing_to_cut_it",
    "opens_past_the_filter",
    "reads_a_neighbours_secret",
    "appends_to_a_neighbours_file",
    "deletes_a_neighbours_file",
    "changes_a_neighbours_mode",
    "changes_a_neighbours_times",
]


@pytest.mark.parametrize("version", range(1, landlock.version() + 1))
def test_every_version_of_landlock_up_to_the_kernels_restricts(version: int, world: dict[str, str], tmp_path: Path) -> None:
    """As on an older kernel: fewer rights are known, and what is missing the filter of system calls makes good."""
    files = [Path(sys.executable), Path(world["program"])]
    kept = jail.Jail.around(files, tier="landlock", memory=1 << 30, forks=False)
    script = f"""
from agents.program.jail import Jail, enter, landlock
landlock.version = lambda: {version}
enter({kept!r}, {str(tmp_path)!r})
open("notes", "w").write("thoughts")
import hostile
for name in {REACHES_FOR_FILES!r}:
    try:
        print(name, hostile.PROBES[name]({world["secret"]!r}))
    except OSError:
        pass
"""
    path = f"{ROOT}:{Path(world['program']).parent}"
    command = [sys.executable, "-S", "-B", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": path})
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if not line.endswith("False")] == []


def test_where_there_is_no_jail_a_program_needs_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    jail.best.cache_clear()
    try:
        with pytest.raises(NotTrusted, match="no jail for programs here") as refusal:
            make_agent(f"process({sys.executable!r})", GAME.spec)
        assert "--trust" in str(refusal.value.hint)
        assert make_agent(f"process({sys.executable!r})", GAME.spec, trusted=True).jail == "trusted"
    finally:
        jail.best.cache_clear()


def test_the_scratch_folder_goes_with_the_program(attempt: Try) -> None:
    before = set(Path("/tmp").glob("arena-[0-9]*"))
    attempt("writes_to_its_scratch_folder", TIERS[0])
    wait = threading.Event()
    for _ in range(500):  # nobody waits for it
        if not (set(Path("/tmp").glob("arena-[0-9]*")) - before):
            return
        wait.wait(0.02)
    raise AssertionError("it is still there")
