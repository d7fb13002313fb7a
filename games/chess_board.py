"""How a chess position is shown to agents, and how they say their moves: planes to FEN and back, actions to UCI and back.

Planes, each 8 by 8, row 0 the eighth rank and column 0 the a-file, whoever looks:
0-5 my pawns, knights, bishops, rooks, queens, king; 6-11 theirs; 12, 13 I may castle on the king's, the queen's side;
14, 15 they may; 16 where a pawn can be taken in passing; 17 I am White; 18 moves without pawns and captures, 1 at a
hundred; 19, 20 the position has been there once, twice before.
"""

from __future__ import annotations

from itertools import groupby, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.errors import MissingExtra

PLANES = (21, 8, 8)
_PIECES = "PNBRQK"
_FILES = "abcdefgh"
_CLOCK = 100.0  # half moves without pawns and captures that make a draw
_MINE, _THEIRS, _RIGHTS, _PASSING, _WHITE, _QUIET, _SEEN = 0, 6, 12, 16, 17, 18, 19


def _all_moves() -> tuple[str, ...]:
    """Every move that some piece makes on some board, in UCI notation: as a queen, as a knight, and promotions."""
    squares = list(product(range(8), range(8)))  # file, rank
    moves, promotions = list[str](), list[str]()
    for (file, rank), (to_file, to_rank) in product(squares, squares):
        across, along = abs(to_file - file), abs(to_rank - rank)
        if not (0 in (across, along) or across == along or {across, along} == {1, 2}) or (across, along) == (0, 0):
            continue
        move = f"{_FILES[file]}{rank + 1}{_FILES[to_file]}{to_rank + 1}"
        moves.append(move)
        if across <= 1 and (rank, to_rank) in ((6, 7), (1, 0)):
            promotions.extend(move + piece for piece in "nbrq")
    return (*moves, *promotions)


MOVES = _all_moves()  # the moves of the actions 0..1967
ACTION = {move: action for action, move in enumerate(MOVES)}


def planes(fen: str, *, white: bool, seen: int) -> NDArray[np.float32]:
    """(21, 8, 8): a position as White or Black sees it, that was there `seen` times before."""
    board, _, rights, passing, quiet = fen.split()[:5]
    shown = np.zeros(PLANES, np.float32)
    for row, rank in enumerate(board.split("/")):
        column = 0
        for sign in rank:
            if sign.isdigit():
                column += int(sign)
                continue
            side = _MINE if sign.isupper() == white else _THEIRS
            shown[side + _PIECES.index(sign.upper()), row, column] = 1.0
            column += 1
    for plane, sign in enumerate("KQkq" if white else "kqKQ"):
        shown[_RIGHTS + plane] = sign in rights
    if passing != "-":
        shown[_PASSING, 8 - int(passing[1]), _FILES.index(passing[0])] = 1.0
    shown[_WHITE], shown[_QUIET] = white, int(quiet) / _CLOCK
    shown[_SEEN], shown[_SEEN + 1] = seen >= 1, seen >= 2
    return shown


def fen(shown: NDArray[np.float32]) -> str:
    """The position that a seat sees when it is to move; all of it but the number of the move, which is 1."""
    white = bool(shown[_WHITE, 0, 0])
    mine, theirs = (_PIECES, _PIECES.lower()) if white else (_PIECES.lower(), _PIECES)
    cells = [["."] * 8 for _ in range(8)]
    for plane, row, column in np.argwhere(shown[: _THEIRS + 6] > 0).tolist():
        cells[row][column] = (mine + theirs)[plane]
    ranks = "/".join(
        "".join(
            str(len(list(run))) if empty else "".join(run) for empty, run in groupby(rank, key=lambda sign: sign == ".")
        )
        for rank in cells
    )
    signs = "KQkq" if white else "kqKQ"
    rights = {sign for plane, sign in enumerate(signs) if shown[_RIGHTS + plane, 0, 0] > 0}
    held = "".join(sign for sign in "KQkq" if sign in rights) or "-"
    taken = np.argwhere(shown[_PASSING] > 0).tolist()
    passing = f"{_FILES[taken[0][1]]}{8 - taken[0][0]}" if taken else "-"
    quiet = round(float(shown[_QUIET, 0, 0]) * _CLOCK)
    return f"{ranks} {'w' if white else 'b'} {held} {passing} {quiet} 1"


def python_chess() -> Any:
    """The library of that name, which knows notations. Raises `MissingExtra`."""
    try:
        import chess
    except ImportError as error:
        raise MissingExtra("python-chess is not installed", hint="pip install 'arena-league[chess]'") from error
    return chess
