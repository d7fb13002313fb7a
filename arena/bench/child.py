"""A contender in a process of its own, with one thread on one core: it gets seconds, a line each, and answers laps.

python -m arena.bench.child 'pgx_moves("connect_four")'
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any, Self

from arena.bench.lap import Lap, Unit, lap
from games.errors import ArenaError

# One core is one thread for everybody who asks the system; these are for those who do not ask.
ALONE = {
    "OMP_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "CUDA_VISIBLE_DEVICES": "",
}


class Child:
    """A contender over there. Raises `ArenaError` where it cannot begin, as when its package is not installed."""

    def __init__(self, spec: str) -> None:
        self.spec = spec

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "arena.bench.child", self.spec],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ALONE},
            text=True,
        )
        try:
            self._hear()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def lap(self, seconds: float) -> Lap:
        assert self._process.stdin
        print(seconds, file=self._process.stdin, flush=True)
        return Lap(**self._hear())

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise ArenaError(f"{self.spec} died", hint=f"see why: python -m arena.bench.child {self.spec!r}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ArenaError(answer["error"], hint=answer["hint"])
        return answer


def main(spec: str) -> None:
    """The other end. What a library prints must not be taken for an answer, so stdout is kept from it."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        from arena.bench.peers import PEERS

        unit: Unit = PEERS.make(spec)
    except ArenaError as error:
        print(json.dumps({"error": error.cause, "hint": error.hint}), file=answers, flush=True)
        return
    print(json.dumps({}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(lap(unit, float(line)))), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
