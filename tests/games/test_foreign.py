"""Other people's code may raise anything and print anything; here it gets one name."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import pytest

from games.errors import ArenaError, CannotLoad
from games.foreign import Raised, foreign, told
from games.registry import GAMES, Spec


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(0), GeneratorExit(), asyncio.CancelledError(), MemoryError(), StopIteration()]
)
def test_whatever_is_raised_is_raised_as_one_kind(error: BaseException) -> None:
    with pytest.raises(Raised, match=type(error).__name__) as caught, foreign():
        raise error
    assert caught.value.__cause__ is error


def test_ctrl_c_and_what_the_caller_expects_pass() -> None:
    with pytest.raises(KeyboardInterrupt), foreign():
        raise KeyboardInterrupt
    with pytest.raises(CannotLoad), foreign(ArenaError):
        raise CannotLoad("gone")
    with pytest.raises(Raised, match="CannotLoad: gone"), foreign():
        raise CannotLoad("gone")


def test_what_is_printed_stays_away_from_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    with foreign():
        print("thinking")
    print("data")
    assert capsys.readouterr() == ("data\n", "thinking\n")


def test_an_error_is_told_in_one_line_with_its_place() -> None:
    def play() -> None:
        raise RuntimeError("expected\n  a\tmove " + "x" * 10_000)

    with pytest.raises(Raised) as caught, foreign():
        play()
    said = str(caught.value)
    assert said.startswith("RuntimeError: expected a move xxx")
    line = play.__code__.co_firstlineno + 1
    assert said.endswith(f"xxx ... (test_foreign.py:{line}, in play)")
    assert len(said) < 400


def test_the_place_is_in_the_authors_file_not_in_a_library() -> None:
    import json

    with pytest.raises(Raised, match=r"in test_the_place") as caught, foreign():
        json.loads("{")
    assert "decoder.py" not in str(caught.value)


def test_an_error_without_words_is_told_by_its_kind() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            sys.exit("not even that")

    assert told(Mute()) == "Mute: (its message cannot be read)"
    assert told(ZeroDivisionError()) == "ZeroDivisionError"


def test_a_module_that_is_not_there_has_no_place_of_ours() -> None:
    with pytest.raises(CannotLoad, match=r"(?m)No module named 'nofile'$"):
        GAMES.find(Spec.parse("nofile:Bot"))


@pytest.mark.parametrize("how", ["cause", "context", "exit", "deep"])
def test_an_error_that_somebody_makes_of_an_interrupt_is_one(how: str):
    def plug_in() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            if how == "cause":
                raise RuntimeError("engine failed") from error
            if how == "context":
                raise RuntimeError("engine failed")  # noqa: B904
            if how == "exit":
                sys.exit(1)
            try:
                raise ValueError
            except ValueError as middle:
                raise RuntimeError("engine failed") from middle

    with pytest.raises(KeyboardInterrupt), foreign():
        plug_in()


def test_an_error_after_an_interrupt_that_was_dealt_with_is_an_error():
    def plug_in() -> None:
        with suppress(KeyboardInterrupt):
            raise KeyboardInterrupt
        raise RuntimeError("engine failed")

    with pytest.raises(Raised, match="engine failed"), foreign():
        plug_in()
