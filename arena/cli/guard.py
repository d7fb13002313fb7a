"""How a command ends: done, with an error said for people, or interrupted. Nobody sees a traceback without --debug."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from arena.cli.desk import Desk
from arena.names import safe
from games.errors import ArenaError

FAILED, USAGE, INTERRUPTED = 1, 2, 130
_IMPORTER = "<frozen importlib._bootstrap>"  # the file of its frames
_SEAL = ("arena.seals", "_digest")  # the function that SQLite calls: its module and name
_AGAIN, _PATIENCE = 0.02, 5.0  # seconds from one look whether an import is over to the next, and until nobody waits for it
_LATER, _LOOKS = 0.25, 2  # seconds between looks whether an interrupt is on its way; after two in vain there is another


def guarded(command: Callable[[], int | None], desk: Desk) -> int:
    """Runs a command and says what came of it: its exit code."""
    try:
        code = command() or 0
        sys.stdout.flush()
    except click.UsageError as error:
        return _misused(error, desk)
    except ArenaError as error:
        return _said(error.cause, error.hint, error.exit_code, desk)
    except (click.Abort, KeyboardInterrupt):
        return _said("interrupted", "nothing had begun that could be resumed: run it again", INTERRUPTED, desk)
    except BrokenPipeError:
        return _reader_left()
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return _said(what, "check the path, its permissions and the room on its disk", FAILED, desk)
    except Exception as error:  # ours to mend; the user's screen is no place for our traceback
        return _said(
            f"{type(error).__name__}: {error}", "this should not happen: run it again as arena --debug ...", FAILED, desk
        )
    return code


class _Interrupt(KeyboardInterrupt):
    """One of which it can be seen whether it is still on its way: the built-in one cannot be referred to weakly."""


@contextmanager
def two_strikes() -> Iterator[None]:
    """Ctrl-C (or SIGTERM) once interrupts in good order: what is recorded stays, workers end. Twice leaves at once.

    An import and a seal are let come to their end first. Modules in C, torch among them, swallow whatever is raised while
    they import others, and SQLite makes an error of its own of it: the command would run as if nobody had struck, or break.
    Who else swallows the interrupt is interrupted again; so whoever handles it is done before its `except` clause ends.
    From the strike on SIGALRM and its timer are taken; at the end whoever had them before has them again.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    struck, gone, over = 0.0, _LOOKS, False  # when, and at how many looks in a row no interrupt was on its way
    former: dict[int, Any] = {}  # who heard these signals before
    timer: tuple[float, float] | None = None  # whoever's it was that is taken
    raised: weakref.ref[_Interrupt] | None = None

    def strike(number: int, frame: FrameType | None) -> None:
        nonlocal struck, timer
        if over:
            return
        if struck:
            os._exit(INTERRUPTED)
        struck = time.monotonic()
        former[signal.SIGALRM] = signal.signal(signal.SIGALRM, look)
        timer = signal.setitimer(signal.ITIMER_REAL, 0)
        look(number, frame)

    def look(number: int, frame: FrameType | None) -> None:
        nonlocal gone
        if over:
            return
        gone = 0 if raised and raised() else gone + 1
        waits = gone >= _LOOKS and _swallows(frame) and time.monotonic() - struck < _PATIENCE
        signal.setitimer(signal.ITIMER_REAL, _AGAIN if waits else _LATER)
        if gone >= _LOOKS and not waits:
            raise interrupt()

    def interrupt() -> _Interrupt:  # by itself, since a frame on its way with it would keep it for ever
        nonlocal raised, gone
        one, gone = _Interrupt(), 0
        raised = weakref.ref(one)
        return one

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            former[number] = signal.signal(number, strike)
        yield
    finally:
        over = True
        if timer is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for signum, handler in former.items():
            signal.signal(signum, handler)
        if timer is not None:
            signal.setitimer(signal.ITIMER_REAL, *timer)


def _swallows(frame: FrameType | None) -> bool:
    """Whether whoever runs was called by what does not hand an interrupt on: an import, or SQLite."""
    while frame is not None and frame.f_code.co_filename != _IMPORTER:
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) == _SEAL:
            return True
        frame = frame.f_back
    return frame is not None


class _Messages(logging.Handler):
    """What the league logs, for people: on stderr, and no foreign text raw."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(safe(record.getMessage()), err=True)


_messages = _Messages()


def listen(desk: Desk) -> None:
    """Says what the league logs: warnings, with -v each forfeit as well, with -q nothing. What the database library says
    is for --debug: an interrupt that reaches it while it closes a file would be told as its own error, with a traceback."""
    logger = logging.getLogger("arena")
    logger.addHandler(_messages)  # a second time changes nothing
    logging.getLogger("sqlalchemy").setLevel(logging.NOTSET if desk.debug else logging.CRITICAL)
    logger.setLevel(logging.CRITICAL if desk.verbosity < 0 else logging.INFO if desk.verbosity else logging.WARNING)


def complain(cause: str, hint: str | None, *, colour: bool | None = None) -> None:
    """One line of cause and one of what to do."""
    click.echo(f"{click.style('error:', fg='red')} {safe(cause)}", err=True, color=colour)
    if hint:
        click.echo(f"       {safe(hint)}", err=True)


def _said(cause: str, hint: str | None, code: int, desk: Desk) -> int:
    if desk.debug:
        raise  # the error that is being handled
    with suppress(BrokenPipeError):
        complain(cause, hint, colour=desk.colour)
    return code


def _misused(error: click.UsageError, desk: Desk) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return USAGE
    path = error.ctx.command_path if error.ctx else "arena"
    complain(error.format_message(), f"try: {path} --help", colour=desk.colour)
    return USAGE


def _reader_left() -> int:
    """`arena matches list | head`: nobody is left to print to, so Python must not try either when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
