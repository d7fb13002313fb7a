"""The root of the error tree: what a user did wrong, said for people.

A user's mistake is an `ArenaError`: it is printed as one line of cause and one of what to do, without a traceback.
Our own mistakes are `assert`s, and a bot's mistakes are results (see `agents.errors`).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ArenaError(Exception):
    """A mistake that its maker can mend. `cause` says what was expected and what came, `hint` what to do."""

    exit_code = 1

    def __init__(self, cause: str, *, hint: str | None = None) -> None:
        super().__init__(cause)
        self.cause, self.hint = cause, hint
        if hint:
            self.add_note(f"what to do: {hint}")  # so that a traceback says it too, to who calls us from Python

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (worker -> manager), and a keyword-only hint would be lost on the way.
        return (_rebuild, (type(self), self.cause, self.hint))


def _rebuild(kind: type[ArenaError], cause: str, hint: str | None) -> ArenaError:
    error = kind.__new__(kind)  # a kind of a user's may be made of other things than a cause and a hint
    ArenaError.__init__(error, cause, hint=hint)
    return error


class BadSpec(ArenaError):
    """A spec that cannot be read, or arguments that its maker does not take."""

    exit_code = 2


class UnknownName(ArenaError):
    """A name that no registry and no league knows."""

    exit_code = 3


class CannotLoad(ArenaError):
    """A `module:attr` that cannot be imported."""

    exit_code = 3


class NotTrusted(ArenaError):
    """A program that would have to run without a jail, and nobody has said that it may."""

    exit_code = 2


class MissingExtra(ArenaError):
    """A feature whose optional package is not installed; the hint is the cure."""

    exit_code = 6


class CheckFailed(ArenaError):
    """A game, agent or record that does not keep its contract."""

    exit_code = 7


def meant(name: str, known: Iterable[str]) -> str:
    """How a cause ends that names what is not known: `; did you mean 'ppo'?`, or nothing where no known name is near."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""
