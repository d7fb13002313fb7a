"""Workers: whoever does it, whoever dies over it, the outcomes come in the order of the tasks; and nobody stays behind."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest

from arena import tidying
from arena.errors import NotFound, WorkerDied
from arena.workers import Workers
from tests.arena.labour import Break, Echo, Fail, HowOftenTidied, Interrupted, Kill, Square, Talk, Weigh, WhoDoesIt


@pytest.fixture(scope="module")
def two() -> Iterator[Workers]:
    with Workers(2, weights=lambda sha: sha.encode() * 3) as workers:
        yield workers


def one() -> Workers:
    return Workers(1, weights=lambda sha: sha.encode() * 3)


def test_outcomes_come_in_the_order_of_the_tasks(two: Workers) -> None:
    expected = [number**2 for number in range(12)]
    assert list(one().run(map(Square, range(12)))) == expected
    assert list(two.run(map(Square, range(12)))) == expected


def test_one_worker_is_this_process_and_two_are_others(two: Workers) -> None:
    assert set(one().run(map(WhoDoesIt, range(3)))) == {os.getpid()}
    assert os.getpid() not in set(two.run(map(WhoDoesIt, range(6))))


def test_a_worker_looks_for_garbage_as_seldom_as_a_season(two: Workers) -> None:
    with tidying.seldom():
        expected = gc.get_threshold()[0]
    assert expected > gc.get_threshold()[0]
    assert set(two.run(map(HowOftenTidied, range(4)))) == {expected}


def test_a_worker_reads_the_weights_that_its_task_needs(two: Workers) -> None:
    assert (
        list(two.run([Weigh(7), Weigh(7), Weigh(10)])) == list(one().run([Weigh(7), Weigh(7), Weigh(10)])) == [12, 12, 15]
    )


def test_tasks_that_are_given_ahead_come_out_in_order_too(two: Workers) -> None:
    begun: list[int] = []
    tasks = (begun.append(number) or Square(number) for number in range(30))
    assert list(islice(two.run(tasks, ahead=True), 3)) == [0, 1, 4]
    assert len(begun) <= 3 + 3 * two.count
    assert list(two.run(map(Square, range(12)), ahead=True)) == [number**2 for number in range(12)]


def test_a_worker_listens_while_it_speaks(two: Workers) -> None:
    long = bytes(4_000_000)  # more than a pipe holds, in both directions at once
    assert list(two.run([Echo(number, long) for number in range(8)], ahead=True)) == [long] * 8


def test_no_more_tasks_are_begun_than_are_wanted_soon(two: Workers) -> None:
    begun: list[int] = []
    tasks = (begun.append(number) or Square(number) for number in count())
    assert list(islice(two.run(tasks), 3)) == [0, 1, 4]
    assert len(begun) <= 3 + 2 * two.count


def test_an_abandoned_run_does_not_answer_in_the_next(two: Workers) -> None:
    assert next(two.run(map(Square, range(100, 110)))) == 10_000
    assert list(two.run(map(Square, range(4)))) == [0, 1, 4, 9]


def test_two_runs_by_turns_each_get_their_own(two: Workers) -> None:
    odd, even = two.run(map(Square, range(1, 20, 2))), two.run(map(Square, range(0, 20, 2)))
    assert [outcome for pair in zip(even, odd, strict=True) for outcome in pair] == [number**2 for number in range(20)]


@pytest.mark.parametrize("deaths", [1, 2])
@pytest.mark.parametrize("ahead", [False, True])
def test_a_task_whose_worker_was_killed_is_done_again(two: Workers, tmp_path: Path, deaths: int, ahead: bool) -> None:
    tasks = [Square(1), Kill(2, tmp_path, deaths), *map(Square, range(3, 9))]
    assert list(two.run(tasks, ahead=ahead)) == [number**2 for number in range(1, 9)]
    assert len(list(tmp_path.iterdir())) == deaths


def test_a_worker_killed_while_it_had_nothing_to_do_is_replaced(two: Workers) -> None:
    for pid in set(two.run(map(WhoDoesIt, range(6)))):
        os.kill(pid, signal.SIGKILL)
    assert list(two.run(map(Square, range(6)))) == [0, 1, 4, 9, 16, 25]


def test_a_worker_killed_between_two_outcomes_is_replaced(two: Workers) -> None:
    outcomes = two.run(map(WhoDoesIt, range(9)))
    os.kill(next(outcomes), signal.SIGKILL)
    time.sleep(0.1)
    assert len(list(outcomes)) == 8


def test_a_task_that_kills_three_workers_is_given_up(two: Workers, tmp_path: Path) -> None:
    with pytest.raises(WorkerDied, match=r"3 worker processes died over Kill\(number=1") as died:
        list(two.run([Kill(1, tmp_path, 99), Square(2)]))
    assert "--workers" in str(died.value.hint)
    assert len(list(tmp_path.iterdir())) == 3
    assert list(two.run([Square(3)])) == [9]


def test_what_a_task_raised_comes_through_with_its_hint_at_its_turn(two: Workers) -> None:
    outcomes = two.run([Square(3), Fail(4), Square(5)])
    assert next(outcomes) == 9
    with pytest.raises(NotFound, match="no number 4") as failed:
        next(outcomes)
    assert failed.value.hint == "choose another"


def test_an_exception_that_cannot_travel_is_told_by_its_traceback(two: Workers) -> None:
    with pytest.raises(AssertionError, match=r"(?s)a worker's task broke.*Odd: odd"):
        list(two.run([Break(1)]))


def test_ctrl_c_is_not_the_workers_to_answer(two: Workers) -> None:
    assert list(two.run(map(Interrupted, range(4)))) == [0, 1, 4, 9]


def test_ctrl_c_ends_everything_though_a_worker_is_speaking() -> None:
    began, others = time.monotonic(), set(multiprocessing.active_children())
    with pytest.raises(KeyboardInterrupt):
        interrupt_speakers()
    assert set(multiprocessing.active_children()) <= others
    assert time.monotonic() - began < 10


def test_nobody_and_nothing_stays_behind() -> None:
    with Workers(2, weights=lambda sha: b"") as workers:
        pids = set(workers.run(map(WhoDoesIt, range(6))))
        folder = Path(workers._folder.name)
        assert folder.exists()
    assert not folder.exists()
    assert not any(alive(pid) for pid in pids)


def test_workers_end_with_a_manager_that_was_killed(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.arena.labour"]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    ) as manager:
        assert manager.stdout
        _, *workers = (int(manager.stdout.readline()) for _ in range(3))
        assert all(map(alive, workers))
        assert list(tmp_path.glob("arena-weights-*"))
        manager.kill()
        killed = time.monotonic()
        while any(map(alive, workers)) and time.monotonic() - killed < 5:
            time.sleep(0.02)
    assert time.monotonic() - killed < 2
    assert not list(tmp_path.glob("arena-weights-*"))


def interrupt_speakers() -> None:
    with Workers(2, weights=lambda sha: b"") as workers:
        for outcome in workers.run([Square(1), Talk(200_000_000), Talk(200_000_000)]):
            assert outcome == 1
            time.sleep(0.2)  # meanwhile the others begin to hand over more than a pipe holds
            raise KeyboardInterrupt


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
