"""What a lab is given and what it answers: a `Run` to report progress to, and a `Finding`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from importlib import import_module
from math import sqrt
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from torch import Tensor

from arena import torch_settings
from arena.labs import LABS
from arena.progress import Notify, unheard
from games.errors import MissingExtra
from games.registry import Spec

if TYPE_CHECKING:
    from matplotlib.axes import Axes

T = TypeVar("T")
SURE = 3.0  # standard errors
LONGEST = 40  # letters of arguments in a file's name
QUICK = "--quick: shows that it runs; these numbers prove little"


@dataclass(frozen=True)
class Run:
    """How much is to be done, and whom to tell."""

    seeds: int
    quick: bool = False
    notify: Notify = unheard
    folder: Path | None = None  # where a lab may leave what it made, beside its figure
    stem: str = ""  # how the names of its files begin; `conduct` says it

    def pick(self, full: T, quick: T, *, given: T | None = None) -> T:
        """One of two amounts of the same work, or the one that was asked for by an argument."""
        return given if given is not None else quick if self.quick else full

    def each(self, parts: Sequence[T], saying: str) -> Iterator[T]:
        """The parts of the work, one after another, each announced: `saying` may name it, as in 'seed {}'."""
        for done, part in enumerate(parts):
            self.notify(done, len(parts), saying.format(*part) if isinstance(part, tuple) else saying.format(part))
            yield part


@dataclass(frozen=True)
class Finding:
    """What came out."""

    headers: Sequence[str]
    rows: Sequence[Sequence[object]]
    sentence: str  # computed from the numbers
    numbers: Mapping[str, Any]  # all there is to know, as JSON has it
    draw: Callable[[Sequence[Axes]], None]
    panels: int = 1  # how many axes it draws on, side by side


@torch_settings.fixed()
def conduct(lab: str, run: Run) -> Finding:
    """Runs a lab by its spec. Raises `UnknownName` or `BadSpec`, and `MissingExtra` before anything is measured."""
    need("matplotlib")
    finding: Finding = LABS.make(lab, replace(run, stem=stem(lab, quick=run.quick)))
    return finding


def stem(lab: str, *, quick: bool) -> str:
    """How the names of a lab's files begin: other arguments have other files, `rps-pool-entropy=0.0-3f09c1`.

    The arguments are there to be read, and may be cut; the digest behind them tells all of them apart.
    """
    spec = Spec.parse(lab)
    name, arguments = spec.name.replace(":", "."), str(spec)[len(spec.name) :]
    if arguments:
        readable = re.sub(r"[^\w.=]+", "-", arguments).strip("-")[:LONGEST].rstrip("-")
        name += f"-{readable}-{blake2b(arguments.encode(), digest_size=3).hexdigest()}"
    return name + "-quick" * quick


def need(package: str) -> Any:
    """An optional package. Raises `MissingExtra`, whose hint is the cure."""
    try:
        return import_module(package)
    except ImportError as error:
        raise MissingExtra(
            f"a lab needs {package}, which is not installed", hint="pip install 'arena-league[labs]'"
        ) from error


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The mean over the seeds, and the lowest and the highest: `0.50 (0.42 to 0.61)`."""
    low, high = (f"{value:.{digits}f}" for value in (min(values), max(values)))
    return f"{fmean(values):.{digits}f} ({low} to {high})"


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """The correlation of the ranks of two lists of numbers, in each of which no two are equal (Spearman 1904)."""
    ranks = np.array([one, other]).argsort(axis=1).argsort(axis=1)
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def onset(values: Sequence[Tensor], *, sign: int) -> int | None:
    """From which number on (2, 3, ...) all measurements are surely above (`sign` 1) or below (-1) the first; None if never.

    Each is (B,), of the same B cases, NaN where there was nothing to measure. Sure is a mean difference by case of more
    than three standard errors.
    """
    since = None
    for place in reversed(range(1, len(values))):
        change = sign * (values[place] - values[0])
        change = change[~change.isnan()]  # (B,) or fewer
        if not float(change.mean()) > SURE * float(change.std()) / sqrt(len(change)):
            break
        since = place + 1
    return since
