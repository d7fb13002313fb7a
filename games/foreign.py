"""Other people's code: games, agents, learners and plug-ins. It may raise what it likes and print what it likes.

Every call of it stands in `with foreign():`, so that its trouble has one name wherever it comes from. Imports no torch.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

# Who calls; of no use to the author of what was called.
_OURS = (str(Path(__file__).parent.parent / "arena"), str(Path(__file__).with_name("registry.py")), __file__)
_PYTHON = str(Path(traceback.__file__).parent)
_LONGEST = 300  # characters of a message; a tensor printed in full fills the screen


class Raised(Exception):
    """Foreign code raised: what, and where, in one line. The error itself is the `__cause__`."""


class foreign:  # noqa: N801, a class since it is entered with every move; written as contextlib's are
    """Whatever is raised inside becomes `Raised`, but for `passing` kinds and Ctrl-C, even where somebody made an error of
    his own of that; so do `sys.exit` and panics.

    What is printed inside goes to stderr: stdout is for data.
    """

    def __init__(self, *passing: type[BaseException]) -> None:
        self._passing: tuple[type[BaseException], ...] = (KeyboardInterrupt, *passing)

    def __enter__(self) -> None:
        self._stdout, sys.stdout = sys.stdout, sys.stderr

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        sys.stdout = self._stdout
        if error is not None and not isinstance(error, self._passing):
            if (interrupt := _interrupt_in(error)) is not None:
                raise interrupt
            raise Raised(told(error)) from error


def _interrupt_in(error: BaseException) -> KeyboardInterrupt | None:
    """The Ctrl-C that an error comes from; nobody is to be blamed for what it makes of it."""
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and all(link is not one for one in seen):
        if isinstance(link, KeyboardInterrupt):
            return link
        seen.append(link)
        link = link.__cause__ or link.__context__
    return None


def told(error: BaseException) -> str:
    """An error in one line: its kind, its message, and the line of its author's that it came from."""
    if isinstance(error, Raised):
        return str(error)
    try:
        message = " ".join(str(error).split())
    except BaseException:  # even that is foreign code
        message = "(its message cannot be read)"
    if len(message) > _LONGEST:
        message = f"{message[:_LONGEST]} ..."
    return f"{type(error).__name__}{': ' if message else ''}{message}{_where(error)}"


def _where(error: BaseException) -> str:
    theirs = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if not (file.startswith((*_OURS, "<")) or _installed(file)):
            theirs = f" ({Path(file).name}:{line}, in {frame.f_code.co_name})"
    return theirs


def _installed(file: str) -> bool:
    return "site-packages" in file or file.startswith(_PYTHON)
