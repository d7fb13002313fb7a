"""Names to things: `Spec` reads 'ppo(lr=3e-4)', a `Registry` finds what it names.

One grammar for games, agents, matchmakers, opponent mixes and ratings: `name` or `module:attr`, each optionally with
`(literal, key=literal)`. Only literals are read (with `ast`); nothing in a spec is ever evaluated. Imports no torch.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

from games.errors import ArenaError, BadSpec, CannotLoad, MissingExtra, UnknownName, meant
from games.foreign import Raised, foreign

_SPEC = re.compile(r"\s*(?P<name>[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.]*)?)\s*(?P<call>\(.*\))?\s*", re.DOTALL)


@dataclass(frozen=True)
class Spec:
    """One line of text that makes a game or an agent, read: `Spec.parse("ppo(lr=3e-4)")`."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Spec:
        """Reads a spec. Raises `BadSpec` for anything but a name with literal arguments."""
        found = _SPEC.fullmatch(text)
        if not found:
            raise BadSpec(f"{text!r} is not a spec", hint="write name, name(key=value) or module:attr(key=value)")
        name, call = found["name"], found["call"]
        if call is None:
            return cls(name)
        try:
            tree = ast.parse(f"_{call}", mode="eval").body
            if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
                raise ValueError("only one call")
            args = tuple(_literal(arg, f"argument {place + 1}", call) for place, arg in enumerate(tree.args))
            kwargs = {_key(word): _literal(word.value, _key(word), call) for word in tree.keywords}
            if len(kwargs) < len(tree.keywords):
                raise BadSpec(f"{text!r} gives an argument twice", hint="leave one of the two out")
        except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
            raise BadSpec(
                f"the arguments of {text!r} are not literals",
                hint="only numbers, quoted text, True, False, None, lists and dictionaries can be written in a spec",
            ) from None
        return cls(name, args, tuple(sorted(kwargs.items())))

    def __str__(self) -> str:
        words = [repr(arg) for arg in self.args] + [f"{key}={value!r}" for key, value in self.kwargs]
        return f"{self.name}({', '.join(words)})" if words else self.name


def _key(word: ast.keyword) -> str:
    if word.arg is None:
        raise ValueError("** is not a literal")
    return word.arg


def _literal(value: ast.expr, name: str, call: str) -> Any:
    """What a literal of a call says. Infinity and NaN are not literals of Python, though people write them."""
    for part in ast.walk(value):
        infinite = isinstance(part, ast.Constant) and isinstance(part.value, float) and not isfinite(part.value)
        if infinite or (isinstance(part, ast.Name) and part.id.lower() in ("nan", "inf", "infinity")):
            written = ast.get_source_segment(f"_{call}", part)
            raise BadSpec(f"{name} must be a finite number, got {written}", hint="write it as 0.001 or 3e-4")
    return ast.literal_eval(value)


class Registry:
    """Names of one kind of thing. Built-ins map a name to 'module:attr'; plugins come from an entry-point group."""

    def __init__(self, kind: str, builtins: Mapping[str, str], *, group: str | None = None) -> None:
        self.kind, self.group = kind, group
        self._builtins = dict(builtins)

    def names(self) -> list[str]:
        """Every registered name, sorted."""
        return sorted(self._targets())

    def find(self, spec: Spec) -> Any:
        """The class or function that a spec names. Raises `UnknownName` or `CannotLoad`."""
        if ":" in spec.name:
            return _load(spec.name)
        targets = self._targets()
        if spec.name not in targets:
            raise UnknownName(
                f"no {self.kind} is called {spec.name!r}{meant(spec.name, targets)}",
                hint=f"known: {', '.join(self.names())}; or write module:attr for your own",
            )
        return _load(targets[spec.name])

    def make(self, text: str | Spec, *given: Any, **extra: Any) -> Any:
        """Makes what a spec says. `given` come before the spec's own arguments, `extra` where the maker takes them.

        Raises `UnknownName`, `CannotLoad`, or `BadSpec` where the maker does not take the arguments.
        """
        spec = text if isinstance(text, Spec) else Spec.parse(text)
        maker = self.find(spec)
        try:
            signature = inspect.signature(maker)
        except (TypeError, ValueError):
            raise CannotLoad(f"{spec.name!r} is a {type(maker).__name__}, not something that makes a {self.kind}") from None
        extra = {key: value for key, value in extra.items() if key in signature.parameters}
        with suppress(TypeError):  # said in full below
            extra = {key: extra[key] for key in extra.keys() - signature.bind_partial(*given, *spec.args).arguments}
        fit(spec, signature, given, extra)
        try:
            with foreign(ArenaError):
                return maker(*given, *spec.args, **{**extra, **dict(spec.kwargs)})
        except Raised as raised:
            raise BadSpec(
                f"{str(spec)!r} cannot be made: {raised}",
                hint=f"check its arguments, and that it is a {self.kind} for this place",
            ) from raised.__cause__

    def _targets(self) -> dict[str, str]:
        return {**_plugins(self.group), **self._builtins} if self.group else self._builtins


def fit(spec: Spec, signature: inspect.Signature, given: Sequence[Any], extra: Mapping[str, Any]) -> None:
    """Raises `BadSpec`, which says what is taken, unless a signature takes the spec's arguments beside ours."""
    try:
        signature.bind(*given, *spec.args, **{**extra, **dict(spec.kwargs)})
    except TypeError as mismatch:
        taken = ", ".join(str(p) for p in list(signature.parameters.values())[len(given) :] if p.name not in extra)
        raise BadSpec(f"{str(spec)!r}: {mismatch}", hint=f"{spec.name} takes ({taken})") from None


@lru_cache
def _plugins(group: str) -> dict[str, str]:
    from importlib.metadata import entry_points  # slow to import, and a league's readers make nothing

    return {point.name: point.value for point in entry_points(group=group)}


def _load(target: str) -> Callable[..., Any]:
    """Imports 'module:attr'. A user's own module may lie in the current folder, which a console script does not see."""
    module_name, _, attr = target.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        with foreign(MissingExtra):
            thing: Any = importlib.import_module(module_name)
            for part in attr.split("."):
                thing = getattr(thing, part)
    except Raised as raised:
        raise CannotLoad(
            f"{target!r} cannot be loaded: {raised}",
            hint="check the spelling, and that the module is installed or lies in the current folder",
        ) from raised.__cause__
    return thing  # type: ignore[no-any-return]


GAMES = Registry(
    "game",
    {
        "rock_paper_scissors": "games.matrix:rock_paper_scissors",
        "matching_pennies": "games.matrix:matching_pennies",
        "coordination": "games.matrix:coordination",
        "matrix": "games.matrix:MatrixGame",
        "prisoners_dilemma": "games.dilemmas:prisoners_dilemma",
        "stag_hunt": "games.dilemmas:stag_hunt",
        "chicken": "games.dilemmas:chicken",
        "tic_tac_toe": "games.tic_tac_toe:TicTacToe",
        "connect_four": "games.connect_four:ConnectFour",
        "kuhn_poker": "games.kuhn_poker:KuhnPoker",
        "leduc_poker": "games.leduc_poker:LeducPoker",
        "two_step": "games.two_step:TwoStep",
        "levers": "games.levers:Levers",
        "speaker_listener": "games.speaker_listener:SpeakerListener",
        "channel": "games.channel:channel",
        "hide_and_seek": "games.hide_and_seek:HideAndSeek",
        "chess": "games.chess:Chess",
        "openspiel": "games.openspiel:openspiel",
        "pettingzoo": "games.pettingzoo:pettingzoo",
    },
    group="arena.games",
)
