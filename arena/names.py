"""One rule for names, and one cure for foreign text: what agents are called can deceive neither an eye nor a terminal."""

from __future__ import annotations

import re
import unicodedata

from arena.errors import BadName

LONGEST = 64
_LAWFUL = re.compile(r"[^\W_][\w.+-]*")
_UNSEEN = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
}  # control, format (bidi too), surrogate, private, unassigned, line breaks


def lawful(name: str) -> str:
    """The name in its one spelling (NFC): at most 64 letters, digits and `_ - . +`, a letter or digit first.

    Raises `BadName`.
    """
    name = unicodedata.normalize("NFC", name)
    if len(name) > LONGEST:
        raise BadName(f"a name has at most {LONGEST} characters, got {len(name)}", hint="choose a shorter one")
    if not _LAWFUL.fullmatch(name):
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
    return "".join(_visible(char) if unicodedata.category(char) in _UNSEEN else char for char in text)


def _visible(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
