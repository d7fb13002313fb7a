"""The clock of a fold: skills that are alive drift while others play, too. Its hours are the log's, no calendar's.

It moves on by 1 while everybody who is known plays once on average; so it runs as fast in a league of ten as in one of a
thousand, and the log alone tells what it shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

_NOW, _KNOWN, _SEEN = "clock", "known", "seen "  # its counters; the last, with each id, tells when it was compared last


class Clock:
    """Tells how long who comes back has rested. Kept in a fold's counters, so that a fold that pauses goes on exactly."""

    def __init__(self, counters: Mapping[str, float]) -> None:
        self._before = counters
        self._now, self._known = counters.get(_NOW, 0.0), counters.get(_KNOWN, 0)
        self._seen: dict[str, float] = {}

    def tick(self, ids: Collection[str]) -> list[float]:
        """Time for one more comparison, of these: how long each has rested; a newcomer not at all."""
        last = [self._last(one) for one in ids]
        self._known += last.count(None)
        self._now += len(ids) / self._known
        self._seen.update(dict.fromkeys(ids, self._now))
        return [0.0 if when is None else self._now - when for when in last]

    def counters(self) -> dict[str, float]:
        """What it shows, to be kept."""
        return {_NOW: self._now, _KNOWN: self._known, **{_SEEN + one: when for one, when in self._seen.items()}}

    def _last(self, one: str) -> float | None:
        when = self._seen.get(one)
        return self._before.get(_SEEN + one) if when is None else when
