"""Pictures as text: the few SVG shapes that boards and tables are drawn with."""

from __future__ import annotations

from xml.sax.saxutils import escape

SEATS = ("#d1495b", "#edae49")  # the colours of seat 0 and seat 1: apart for colour-blind eyes and in grey print
PAPER, INK, GRID, BOARD, CARD = "#fbfaf7", "#22303c", "#b8c0c8", "#2f5d8a", "#ffffff"


def picture(width: float, height: float, *shapes: str, title: str) -> str:
    """A whole SVG document on paper of its own, so that it reads on a dark page as well."""
    paper = box(0, 0, width, height, fill=PAPER)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'font-family="sans-serif"><title>{escape(title)}</title>{paper}{"".join(shapes)}</svg>'
    )


def box(x: float, y: float, width: float, height: float, *, fill: str, edge: str = "none", round_: float = 0) -> str:
    """A rectangle by its top left corner."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round_:g}" fill="{fill}" stroke="{edge}"/>'
    )


def disc(x: float, y: float, radius: float, *, fill: str, edge: str = "none", width: float = 1) -> str:
    """A circle by its centre."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{edge}" stroke-width="{width:g}"/>'


def line(x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 2) -> str:
    """A stroke with round ends."""
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linecap="round"/>'
    )


def words(x: float, y: float, text: str, *, size: float = 16, colour: str = INK) -> str:
    """Text centred on a point: a third of its size below it, as not every viewer knows `dominant-baseline`."""
    return (
        f'<text x="{x:g}" y="{y + 0.35 * size:g}" font-size="{size:g}" fill="{colour}" text-anchor="middle">'
        f"{escape(text)}</text>"
    )


def text_picture(text: str, *, title: str) -> str:
    """Lines of text, set in a fixed width so that columns stay columns."""
    lines = text.split("\n")
    set_lines = (
        f'<text x="12" y="{24 + 18 * nth}" font-size="15" font-family="monospace" fill="{INK}" xml:space="preserve">'
        f"{escape(said)}</text>"
        for nth, said in enumerate(lines)
    )
    return picture(24 + 9.1 * max(map(len, lines)), 18 + 18 * len(lines), *set_lines, title=title)
