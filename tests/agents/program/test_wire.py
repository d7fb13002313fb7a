"""The words: what docs/protocol.md shows is what is said, and the bots in it play."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import isfinite
from pathlib import Path
from timeit import repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.checks import check_agent
from agents.errors import Fault
from agents.program import wire
from agents.program.wire import Request
from games.registry import GAMES

ROOT = Path(__file__).parents[3]
PROTOCOL = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
GAME = GAMES.make("connect_four")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PROTOCOL, re.MULTILINE | re.DOTALL)


def shown(kind: str) -> dict[str, object]:
    """A message as the page shows it."""
    return next(told for block in blocks("json") if (told := json.loads(block.replace(", ...", "")))["type"] == kind)


def said(line: bytes) -> dict[str, object]:
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    return dict(json.loads(line))


def test_the_page_shows_the_bot_that_lies_in_examples() -> None:
    assert blocks("python")[0] == (ROOT / "examples/bot.py").read_text(encoding="utf-8")


def test_the_page_s_greeting_is_the_one_that_is_said() -> None:
    assert said(wire.hello(GAME.spec, move_time=1.0)) == shown("hello")


def test_the_page_s_other_messages_have_the_keys_that_are_said() -> None:
    request = Request(3, 0, 4, np.array([[[0.0, 1.0]]], dtype=np.float32), [0, 1])
    assert said(request.asked(wire.nonce(), time=1.0)).keys() == shown("move").keys()
    assert said(wire.reset(3, 0, seed=1)).keys() == shown("reset").keys()
    assert said(wire.over(3, 0, [1.0, -1.0])).keys() == shown("over").keys()


def test_the_page_s_simple_bot_plays(tmp_path: Path) -> None:
    bot = tmp_path / "simple.py"
    bot.write_text(next(block for block in blocks("python") if block.startswith("# simple.py")))
    check_agent(f"process({f'{sys.executable} -S {bot}'!r}, simple=True, move_time=20.0)", GAMES.make("tic_tac_toe"))


ROWS = st.lists(st.lists(st.floats(width=32), min_size=2, max_size=2), min_size=1)


@given(seen=ROWS, legal=st.lists(st.integers(0, 99)), time=st.floats(0.01, 99))
def test_whatever_a_game_shows_is_json(seen: list[list[float]], legal: list[int], time: float) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    line = Request(1, 0, 2, np.array(seen, dtype=np.float32), legal).asked("0123456789abcdef", time=time)
    told = json.loads(line, parse_constant=refuse)
    assert (told["board"], told["seat"], told["step"], told["legal"], told["time"]) == (1, 0, 2, legal, time)
    if all(isfinite(value) for row in seen for value in row):
        assert told["observation"] == seen


def test_seeds_are_numbers_that_every_language_reads_exactly() -> None:
    seed = said(wire.reset(0, 0, seed=2**63 - 1))["seed"]
    assert float(seed) == seed  # type: ignore[arg-type]


def test_ids_are_64_bits_and_never_the_same() -> None:
    ids = {wire.nonce() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch("[0-9a-f]{16}", id) for id in ids)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 6, 7), (2, 0, 3)])
def test_planes_of_zeros_and_ones_are_written_as_they_are(shape: tuple[int, ...]) -> None:
    seen = np.random.default_rng(0).integers(0, 2, shape).astype(np.float32)
    assert said(Request(0, 0, 0, seen, [0]).plain(time=1.0))["observation"] == seen.tolist()


def test_planes_are_written_in_a_part_of_the_time_that_other_numbers_take() -> None:
    ones = np.random.default_rng(0).integers(0, 2, (2, 6, 7)).astype(np.float32)
    one, other = (
        min(repeat(partial(Request(0, 0, 0, seen, [0]).plain, time=1.0), number=100, repeat=20))
        for seen in (ones, 0.5 * ones)
    )
    assert one < 0.7 * other, f"{1e4 * one:.1f} us against {1e4 * other:.1f} us"


def action(line: bytes, *, simple: bool = False) -> int:
    found = wire.answered_plainly(line) if simple else wire.answered(line)[1]
    return wire.action(found, line)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("3", None),
        ("123456789012345678", None),
        ("-3", None),
        ("1234567890123456789", None),
        ("12345678901234567890", "illegal"),
        ("03", "protocol"),
        ("+3", "protocol"),
        ("3.0", "invalid"),
        ("٣", "protocol"),
    ],
)
@pytest.mark.parametrize("line", ['{"id": "0123456789abcdef", "action": %s}', '{"action":%s,"id":"0123456789abcdef"}'])
def test_an_answer_is_read_alike_whatever_its_keys_order(line: str, text: str, reason: str | None) -> None:
    """The usual one is read faster; its rules are the same."""
    said = (line % text).encode()
    if reason is None:
        assert wire.answered(said) == ("0123456789abcdef", int(text))
        assert action(said) == int(text)
    else:
        with pytest.raises(Fault) as raised:
            action(said)
        assert raised.value.reason == reason


READERS = (wire.answered, action, wire.ready, partial(action, simple=True))


@given(line=st.binary(max_size=200), read=st.sampled_from(READERS))
def test_any_line_is_an_answer_or_a_fault(line: bytes, read: Callable[[bytes], object]) -> None:
    with suppress(Fault):
        read(line)


@pytest.mark.parametrize("line", [b"\x1b[31mred", "‮right to left".encode(), b"\xff\xfe", 500 * b"x"])
def test_what_a_program_said_can_be_printed_anywhere(line: bytes) -> None:
    assert wire.shown(line).isascii()
    assert wire.shown(line).isprintable()
    assert len(wire.shown(line)) < 100
