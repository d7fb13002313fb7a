"""Recorded matches held against the rules: one to be seen again, or the whole log to be played again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice

from arena.errors import NotFound
from arena.replay import Replay, verify
from arena.rows import MatchRow
from games.core import Game
from games.errors import CheckFailed

_PAGE = 1024  # matches played again as one batch


def replay(row: MatchRow, rules_of: Callable[[str], Game]) -> Replay:
    """A recorded match, to be seen again. Raises `NotFound` for one whose result alone is known, `CheckFailed` where the
    rules have changed since."""
    if row.result.untold:
        raise NotFound(
            f"match {row.id} was imported: its result is known and its moves are not, so there is nothing to replay",
            hint=f"arena matches show {row.id}",
        )
    rules = rules_of(row.game)
    if row.version != rules.spec.version:
        raise CheckFailed(_other_rules(row, rules), hint="install the Arena or the plugin that it was played with")
    return Replay(rules, row.result)


def disagreements(
    rows: Iterable[MatchRow],
    rules_of: Callable[[str], Game],
    on_progress: Callable[[int], None] | None = None,
    on_untold: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, str]]:
    """Plays matches again; the id and the difference of each that disagrees with its record.

    Those whose results alone are known have nothing to replay; `on_untold` is told how many.
    """
    for game, every in _pages(rows):
        page = [row for row in every if not row.result.untold]
        if on_untold and len(page) < len(every):
            on_untold(len(every) - len(page))
        if not page:
            continue
        rules = rules_of(game)
        current = [row for row in page if row.version == rules.spec.version]
        yield from ((row.id, _other_rules(row, rules)) for row in page if row.version != rules.spec.version)
        verdicts = verify(rules, [row.result for row in current])
        yield from ((row.id, verdict) for row, verdict in zip(current, verdicts, strict=True) if verdict)
        if on_progress:
            on_progress(len(page))


def _pages(rows: Iterable[MatchRow]) -> Iterator[tuple[str, list[MatchRow]]]:
    """Runs of matches of one game, none longer than a page."""
    for game, run in groupby(rows, key=lambda row: row.game):
        while page := list(islice(run, _PAGE)):
            yield game, page


def _other_rules(row: MatchRow, rules: Game) -> str:
    return f"match {row.id} was played by version {row.version} of {row.game}, these rules are version {rules.spec.version}"
