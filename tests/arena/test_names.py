"""Names that deceive nobody, and foreign text that harms no terminal."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import BadName
from arena.names import folded, in_shell, inert, lawful, likened, safe
from games.registry import Spec


@pytest.mark.parametrize(
    ("foreign", "name"),
    [
        ("Northern Ireland", "Northern_Ireland"),
        ("Co\u0302te d'Ivoire", "C\u00f4te_d_Ivoire"),
        ("Guinea-Bissau", "Guinea-Bissau"),
        ("  FC (Köln) ", "FC_Köln"),
        ("=cmd|x", "cmd_x"),
        ("__init__", "init__"),
        ("al\u202eice", "al_ice"),
    ],
)
def test_foreign_names_become_lawful(foreign, name):
    assert likened(foreign) == name


@pytest.mark.parametrize("text", ["chess", 'chess(fen="8/8 w")', 'a:b("it\'s", x=\'say "no"\')', r"a:b('\\', '\n')"])
def test_a_spec_that_is_typed_again_is_the_same(text: str) -> None:
    canonical = str(Spec.parse(text))
    (word,) = shlex.split(in_shell(canonical))
    assert str(Spec.parse(word)) == canonical


def test_a_spec_in_a_shell_is_readable() -> None:
    assert in_shell("openspiel('kuhn_poker')") == """'openspiel("kuhn_poker")'"""


@given(st.text())
def test_what_becomes_of_a_foreign_name_is_lawful_and_stays_so(text):
    try:
        name = likened(text)
    except BadName:
        return
    assert likened(name) == lawful(name) == name


@given(st.text())
def test_no_cell_is_a_formula(text):
    said = inert(text)
    assert said[:1] not in ("=", "@", "\t", "\r")
    assert said[:1] not in ("+", "-") or float(said) is not None


@pytest.mark.parametrize(
    "name", ["alice", "minimax-2", "v1.2+best", "7up", "Zoë", "棋士", "हिन्दी", "தமிழ்", "ผู้เล่น", "משׂחק", "Ⅻ", "a" * 64]
)
def test_good_names(name):
    assert lawful(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 65,
        "alice@3",
        "two words",
        "-dash",
        ".hidden",
        "_low",
        "a\n",
        "a\x1b[31m",
        "a\u202eb",
        "a\u200bb",
        "a/b",
        "a\0",
        "a\u3164",  # Hangul filler: a letter by category, drawn as nothing
        "\u115fa",
        "\uffa0",
        "a\u034fb",
        "a\u17b4",
        "a\ufe0f",
        "a\U000e0100",
        "a\u200db",
        "a\u2800b",
        "a\u20dd",  # an enclosing circle
        "\u0301a",
        "a" + "\u0330" * 5,
    ],
)
def test_bad_names_are_refused_without_echoing_them_raw(name):
    with pytest.raises(BadName) as error:
        lawful(name)
    assert str(error.value).isprintable()


def test_a_name_has_one_spelling():
    assert lawful("Zoe\u0308") == "Zoë"
    assert folded("Straße") == folded("STRASSE") == folded("ｓｔｒａｓｓｅ")


@given(st.text())
def test_folding_twice_folds_no_further(text):
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_safe_text_has_nothing_to_obey_or_hide(text):
    assert safe(safe(text)) == safe(text)
    assert not any(
        ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202a\u202e\u2066\u2069\u200b\u2028" for char in safe(text)
    )


def test_safe_text_shows_fillers_and_leaves_emoji_their_look():
    assert safe("a\u3164 \u265f\ufe0f") == "a\\u3164 \u265f\ufe0f"


def test_safe_text_shows_what_it_was():
    assert safe("red \x1b[31m \u202e \U000e0041 Zoë\n") == "red \\x1b[31m \\u202e \\U000e0041 Zoë\\x0a"
