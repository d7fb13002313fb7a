"""One rule for names, and one cure for foreign text: what agents are called can deceive neither an eye nor a terminal."""

from __future__ import annotations

import re
import shlex
import unicodedata

from arena.errors import BadName

LONGEST = 64
_LAWFUL = re.compile("[LN](?!.*M{5})[LNMP]*")  # of a name's shape: letters, numbers, marks (no tower of them), punctuation
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # control, format (bidi too), surrogate, private, unassigned, breaks
# What else is Default_Ignorable (Unicode 16, DerivedCoreProperties): letters and marks by category, yet drawn as nothing
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # the look of an emoji: harmless, but not in a name


def lawful(name: str) -> str:
    """The name in its one spelling (NFC): at most 64 letters (with marks), digits and `_ - . +`, a letter or digit first.

    Raises `BadName`.
    """
    name = unicodedata.normalize("NFC", name)
    if len(name) > LONGEST:
        raise BadName(f"a name has at most {LONGEST} characters, got {len(name)}", hint="choose a shorter one")
    if not _LAWFUL.fullmatch("".join(map(_shape, name))):
        raise BadName(
            f"'{safe(name)}' cannot be a name",
            hint="write letters, digits, '_', '-', '.' and '+', a letter or digit first; no spaces and no '@'",
        )
    return name


def folded(name: str) -> str:
    """What names are unique by: `Alice`, `ALICE` and fullwidth `Ａｌｉｃｅ` are one name."""
    # casefold can undo NFKC and NFKC can undo casefold (Unicode 3.13, D146): twice is a fixed point
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).casefold()


def safe(text: str) -> str:
    """The text with all that a terminal would obey or hide made visible: escape becomes `\\x1b`, a bidi mark `\\u202e`."""
    return "".join(_visible(char) if _unseen(char) else char for char in text)


def in_shell(spec: str) -> str:
    """A spec as it can be typed: text in it in double quotes, where that says the same, and all of it in single ones."""
    plain = spec if '"' in spec or "\\" in spec else spec.replace("'", '"')
    return shlex.quote(plain)


def inert(cell: str) -> str:
    """A cell of a table, such that no spreadsheet takes it for a formula; nothing of it obeys or hides either."""
    said = safe(cell)
    return f"'{said}" if said[:1] in ("=", "+", "-", "@") and not _NUMBER.fullmatch(said) else said


def likened(name: str) -> str:
    """The lawful name that a foreign one becomes: `Northern Ireland` is `Northern_Ireland`. Raises `BadName` for none.

    What a name may not hold becomes one `_`, and goes where the name begins or ends with it.
    """
    kept = "".join(char if _shape(char) in "LNMP" else "_" for char in unicodedata.normalize("NFC", name))
    if kept != name:
        kept = re.sub("_+", "_", kept).rstrip("_")
    return lawful(kept.lstrip("_-.+"))


def _shape(char: str) -> str:
    """Its kind, in a letter: L, N, M, or P for the punctuation that a name may have."""
    if char in "_-.+":
        return "P"
    category = unicodedata.category(char)
    sound = category[0] in "LN" or category in ("Mn", "Mc")
    return category[0] if sound and not (_BLANK.match(char) or _SELECTORS.match(char)) else "?"


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN or _BLANK.match(char) is not None


def _visible(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
