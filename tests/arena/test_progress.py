"""How far long work is, told by tenths."""

from __future__ import annotations

from arena.progress import patient, tenths


def heard(count: int, of: int, patience: float = 0.0) -> list[tuple[int, int, str]]:
    told: list[tuple[int, int, str]] = []
    passed = tenths(range(count), of, "matches", lambda *said: told.append(said), patience=patience)
    assert list(passed) == list(range(count)), "all come through"
    return told


def test_each_tenth_is_told_once() -> None:
    told = heard(1000, 1000)
    assert [done for done, _, _ in told] == list(range(1, 10))
    assert told[0] == (1, 10, "matches: 100 of 1,000")


def test_what_is_quick_is_silent_and_a_wrong_guess_does_no_harm() -> None:
    assert heard(1000, 1000, patience=60) == []
    assert heard(0, 0) == []
    assert [done for done, _, _ in heard(50, 10)] == list(range(1, 10))
    assert len(heard(5, 0)) <= 1


def test_who_is_patient_hears_of_what_lasts() -> None:
    told: list[tuple[int, int, str]] = []
    for patience in (60.0, 0.0):
        patient(lambda *said: told.append(said), patience=patience)(1, 2, f"after {patience:g} s")
    assert told == [(1, 2, "after 0 s")]
