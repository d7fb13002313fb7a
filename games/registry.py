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
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import isfinite
from pathlib import PurePath
from pkgutil import iter_modules
from typing import Any

from games.errors import ArenaError, BadSpec, CannotLoad, MissingExtra, UnknownName, meant
from games.foreign import Raised, foreign
from games.kept import kept
from games.spec import GameSpec

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
        found = _SPEC.fullmatch(text) if isinstance(text, str) else None
        if not found:
            file = _of_file(text) if isinstance(text, str) else None
            plain = "write name, name(key=value) or module:attr(key=value)"
            raise BadSpec(f"{text!r} is not a spec", hint=f"{plain}; {file}" if file else plain)
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
                hint="only numbers, quoted text, True, False, None, lists and dictionaries can be written in a spec; a"
                " shell takes the quotes away unless the whole spec stands in single ones",
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
    """Names of one kind of thing. Built-ins map a name to 'module:attr'; plugins come from an entry-point group.

    `base` is the 'module:class' of which all of them are, where there is one.
    """

    def __init__(
        self, kind: str, builtins: Mapping[str, str], *, group: str | None = None, base: str | None = None
    ) -> None:
        self.kind, self.group = kind, group
        self._builtins, self._base = dict(builtins), base

    def names(self) -> list[str]:
        """Every registered name, sorted."""
        return sorted(self._targets())

    def find(self, spec: Spec) -> Any:
        """The class or function that a spec names. Raises `UnknownName` or `CannotLoad`."""
        if ":" in spec.name:
            _demand_foreign(spec.name)
            return _load(spec.name)
        targets = self._targets()
        if spec.name not in targets:
            raise UnknownName(
                f"no {self.kind} is called {spec.name!r}{meant(spec.name, targets)}",
                hint=_of_file(spec.name) or f"known: {', '.join(self.names())}; or write module:attr for your own",
            )
        return _load(targets[spec.name])

    def make(self, text: str | Spec, *given: Any, **extra: Any) -> Any:
        """Makes what a spec says. `given` come before the spec's own arguments, `extra` where the maker takes them.

        Raises `UnknownName`, `CannotLoad`, or `BadSpec` where the maker does not take the arguments or makes another thing.
        """
        spec = text if isinstance(text, Spec) else Spec.parse(text)
        base: Any = _load(self._base) if self._base else object
        return self._made(spec, base, given, extra)

    def make_other(self, spec: Spec, base: type) -> Any:
        """Makes what a spec says as `make` does, but of another `base`: a part of what this registry is for."""
        return self._made(spec, base, (), {})

    def _made(self, spec: Spec, base: type, given: tuple[Any, ...], extra: dict[str, Any]) -> Any:
        maker = self.find(spec)
        try:
            signature = inspect.signature(maker)
        except (TypeError, ValueError):
            raise CannotLoad(
                f"{spec.name!r} is a {type(maker).__name__}, not something that makes a {self.kind}",
                hint=self.wrapped(maker, spec.name),
            ) from None
        if ":" in spec.name and spec.name not in self._targets().values():
            try:
                vouch(maker, spec.name, base)
            except BadSpec as error:
                raise BadSpec(error.cause, hint=self.wrapped(maker, spec.name) or error.hint) from None
        extra = {key: value for key, value in extra.items() if key in signature.parameters}
        with suppress(TypeError):  # said in full below
            extra = {key: extra[key] for key in extra.keys() - signature.bind_partial(*given, *spec.args).arguments}
        fit(spec, signature, given, extra)
        try:
            with foreign(ArenaError), kept():
                made = maker(*given, *spec.args, **{**extra, **dict(spec.kwargs)})
        except Raised as raised:
            raise BadSpec(
                f"{str(spec)!r} cannot be made: {raised}",
                hint=f"check its arguments, and that it is a {self.kind} for this place",
            ) from raised.__cause__
        if not isinstance(made, base):
            cure = self.wrapped(made, spec.name) or _cure(base)
            raise BadSpec(f"{spec.name!r} makes a {type(made).__name__}, expected {_named(base)}", hint=cure)
        return made

    def wrapped(self, thing: Any, target: str) -> str | None:
        """What to write for a thing that is somebody else's, where there is a name here that makes it one of ours."""
        return None

    def _targets(self) -> dict[str, str]:
        return {**_plugins(self.group), **self._builtins} if self.group else self._builtins


def _of_file(text: str) -> str | None:
    """What to write in place of a file's name; None where the text is none."""
    words = text.split()
    if len(words) > 1 and "(" not in text and any(word.endswith(".py") or os.path.isfile(word) for word in words):
        return f"a program with its arguments is process({text!r})"
    file, _, attr = text.partition(":")
    path = PurePath(file)
    if path.suffix == ".py":
        here = not path.is_absolute() and ".." not in path.parts
        module = ".".join(path.with_suffix("").parts) if here else path.stem
        where = "this file" if here else "a file in the current folder"
        own = f"what {where} makes is {module}:{attr or 'Name'}"
        return own if attr else f"{own}; run as a program it plays as process({f'python3 {shlex.quote(file)}'!r})"
    if "/" in text or os.path.isfile(text):
        return f"a program is process({text if '/' in text else f'./{text}'!r})"
    return None


def fit(spec: Spec, signature: inspect.Signature, given: Sequence[Any], extra: Mapping[str, Any]) -> None:
    """Raises `BadSpec`, which says what is taken, unless a signature takes the spec's arguments beside ours."""
    try:
        signature.bind(*given, *spec.args, **{**extra, **dict(spec.kwargs)})
    except TypeError as mismatch:
        taken = ", ".join(str(p) for p in list(signature.parameters.values())[len(given) :] if p.name not in extra)
        raise BadSpec(f"{str(spec)!r}: {mismatch}", hint=f"{spec.name} takes ({taken})") from None


_OURS = {"arena", "agents", "games"}


def vouch(maker: Any, target: str, *bases: type, kin: str = "arena-league") -> None:
    """Looks at what a 'module:attr' names before it is called: a spec may be a stranger's.

    Raises `BadSpec` unless it is a class of one of the bases, or a function of the user's own; of those in packages that
    are installed only such as are made for this will do: the package is `kin` or builds on it, or has plugins for us. Where
    the bases ask for nothing, classes are looked at as functions are. Our own functions have names, and only by those are
    they called: some of the others do harm.
    """
    if inspect.isclass(maker) and not issubclass(maker, bases):
        raise BadSpec(f"{target!r} is a class, but none of {_named(*bases)}", hint=_cure(*bases))
    while isinstance(maker, partial):
        maker = maker.func
    written = inspect.unwrap(getattr(maker, "__func__", maker))
    if inspect.isbuiltin(written) or _of_python(getattr(written, "__module__", None) or type(written).__module__):
        raise BadSpec(f"{target!r} is Python's own, expected a class or function of somebody's", hint=_cure(*bases))
    if inspect.isclass(maker) and object not in bases:
        return
    if (getattr(written, "__module__", None) or type(written).__module__).partition(".")[0] in _OURS:
        raise BadSpec(f"{target!r} is Arena's own, and no name of what is wanted here", hint=_cure(*bases))
    if (package := _installed(written)) and not _made_for(kin, package):
        raise BadSpec(
            f"{target!r} is a function of the package {package!r}, which is not made for this; a spec may be a stranger's",
            hint="write a function of your own that calls it, in a file in the current folder, and name that",
        )


def _installed(written: Any) -> str | None:
    """The package that a function comes from where it was installed; None for one that a user keeps himself."""
    module = getattr(written, "__module__", None) or type(written).__module__
    code = getattr(written, "__code__", None)
    file = getattr(sys.modules.get(module), "__file__", None) or getattr(code, "co_filename", "")
    return module.partition(".")[0] if {"site-packages", "dist-packages"} & {*PurePath(str(file)).parts} else None


@lru_cache
def _made_for(kin: str, package: str) -> bool:
    if package == kin:
        return True
    from importlib.metadata import distribution, packages_distributions

    for known in map(distribution, packages_distributions().get(package, ())):
        needs = {re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in known.requires or () if "extra ==" not in line}
        names = {name.lower().replace("_", "-") for name in (known.name, *needs)}
        if kin in names or any(point.group.startswith("arena.") for point in known.entry_points):
            return True
    return False


def _named(*bases: type) -> str:
    return " or ".join(f"{base.__module__}.{base.__qualname__}" for base in bases)


def _cure(*bases: type) -> str:
    return f"name a subclass of {_named(*bases)}, or a function that makes one" if bases != (object,) else "name your own"


def _demand_foreign(target: str) -> None:
    """Raises `BadSpec` for what lies in Python's own library, unseen: nothing there is made for us."""
    if _of_python(target.partition(":")[0]):
        raise BadSpec(f"{target!r} is Python's own, expected a module of somebody's", hint="name one that is made for this")


def _of_python(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


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
        with foreign(MissingExtra), kept():
            thing: Any = importlib.import_module(module_name)
            for part in attr.split("."):
                thing = _part_of(thing, part)
    except Raised as raised:
        file = module_name.removesuffix(".py")
        plain = "check the spelling, and that the module is installed or lies in the current folder"
        raise CannotLoad(
            f"{target!r} cannot be loaded: {raised}{_near(raised.__cause__)}",
            hint=plain if file == module_name else f"a file is named by its module: {file}:{attr}",
        ) from raised.__cause__
    return thing  # type: ignore[no-any-return]


def _near(error: BaseException | None) -> str:
    """How a cause ends where a thing has no part of the name that was asked for, but one of a name like it."""
    if not isinstance(error, AttributeError) or error.obj is None or error.name is None:
        return ""
    names = {*dir(error.obj), *(part.name for part in iter_modules(getattr(error.obj, "__path__", ())))}
    return meant(error.name, (name for name in names if not name.startswith("_")))


def _part_of(thing: Any, name: str) -> Any:
    """What a thing has of this name; of a package also a module that nobody has imported yet."""
    if inspect.ismodule(thing) and not hasattr(thing, name):
        inner = f"{thing.__name__}.{name}"
        try:
            importlib.import_module(inner)
        except ModuleNotFoundError as missing:
            if missing.name != inner:  # something that it needs
                raise
    return getattr(thing, name)


class Games(Registry):
    """The games, each of which is told by what text it was made."""

    def wrapped(self, thing: Any, target: str) -> str | None:
        return f'it is PettingZoo\'s, so write pettingzoo("{target}")' if _of_pettingzoo(thing) else None

    def make(self, text: str | Spec, *given: Any, **extra: Any) -> Any:
        game = super().make(text, *given, **extra)
        if isinstance(said := getattr(game, "spec", None), GameSpec):  # what is none, its check tells
            with suppress(AttributeError):  # of a game whose spec is computed; nobody can tell it
                game.spec = replace(said, text=str(text if isinstance(text, Spec) else Spec.parse(text)))
        return game


def _of_pettingzoo(thing: Any) -> bool:
    """Whether it is an environment of PettingZoo's, or a class, function or module that makes one."""
    if inspect.ismodule(thing):
        makers = [maker for name in ("parallel_env", "env") if callable(maker := getattr(thing, name, None))]
        kinds = filter(inspect.isclass, vars(thing).values())  # a user's own function does not tell what it makes
        return bool(makers) and any(map(_of_pettingzoo, (*makers, *kinds)))
    if inspect.isroutine(thing):
        package = _installed(thing)
        return package is not None and _made_for("pettingzoo", package)
    kind = thing if inspect.isclass(thing) else type(thing)
    return any(base.__module__.partition(".")[0] == "pettingzoo" for base in kind.__mro__)


GAMES = Games(
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
    base="games.core:Game",
)
