"""Chess, by OpenSpiel's rules: seat 0 is White, moves are written as engines write them.

Observation  (21, 8, 8) float32: the planes of `games.chess_board`.
Actions      0..1967: every move that some piece makes on some board, in UCI notation (e2e4, e7e8q, e1g1 to castle).
Returns      +1 win, -1 loss, 0 draw; stalemate, dead positions, threefold repetition and the 50 moves are draws.

`chess(fen=[...])` starts from one of some positions, which the seed chooses: a mirrored pair plays the same one with both
colours. Needs the extra `chess`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from games.arguments import whole
from games.chance import derive
from games.chess_board import ACTION, MOVES, PLANES, planes, python_chess
from games.core import GameSpec
from games.errors import BadSpec
from games.openspiel import load, pyspiel
from games.outside import OutsideGame, OutsideState, World, entries, written

_START = 0xFE  # parts the choice of the start from all else that a board's seed gives
_LAST_RANKS = ("78", "21")  # from and to which a pawn is promoted


class Chess(OutsideGame):
    """A game of chess from its usual start, or from a position or several in FEN; `max_steps` plies make a draw.

    Raises `MissingExtra`, or `BadSpec` for a position that cannot be played.
    """

    def __init__(self, fen: str | Sequence[str] | None = None, max_steps: int = 1024) -> None:
        self.library = python_chess()
        self.spiel, self.rules = pyspiel(), load("chess")
        self.starts = _starts(self.library, fen)
        self._known: dict[tuple[bool, int], int] = {}  # side and action of OpenSpiel's -> action
        spec = GameSpec(
            name="chess",
            version=1,
            flavour="competitive",
            seats=2,
            actions=len(MOVES),
            observation=PLANES,
            max_steps=whole("max_steps", max_steps, low=1, high=self.rules.max_game_length()),
            return_range=(-1.0, 1.0),
        )
        super().__init__(spec, longest=spec.max_steps)

    def begin(self, seed: int) -> ChessWorld:
        start = self.starts[derive(seed, _START) % len(self.starts)]
        return ChessWorld(self, self.rules.new_initial_state(start), b"")

    def replay(self, seed: int, history: bytes, since: World | None = None) -> ChessWorld:
        world = since if isinstance(since, ChessWorld) else self.begin(seed)
        for action in entries(history[len(world.history) :]):
            world = world.played(action)
        return world

    def notation(self, action: int) -> str:
        return MOVES[action]

    def render_svg(self, state: OutsideState, board: int = 0) -> str:
        from chess import svg

        position = self.library.Board(self.world(state, board).fen)  # type: ignore[attr-defined]
        return str(svg.board(position, size=360))

    def pgn(self, state: OutsideState, moves: Sequence[str]) -> tuple[Mapping[str, str], Sequence[str]]:
        """In standard algebraic notation; a match from a position of its own says which."""
        start: str = self.world(state).fen  # type: ignore[attr-defined]
        board, said = self.library.Board(start), list[str]()
        for move in moves:
            legal = move in ACTION and board.is_legal(self.library.Move.from_uci(move))
            said.append(board.san_and_push(self.library.Move.from_uci(move)) if legal else move)
        return ({} if start == self.library.STARTING_FEN else {"SetUp": "1", "FEN": start}), said

    def ours(self, board: Any, white: bool, theirs: int) -> int:
        """The action that is an action of OpenSpiel's on a board; those that are always the same move are remembered."""
        known = self._known.get((white, theirs))
        if known is None:
            move = self.spiel.chess.action_to_move(theirs, board).to_lan()
            known = ACTION[move]
            if move[1] + move[3] not in _LAST_RANKS:  # there a queen's move is a pawn's promotion to a queen too
                self._known[white, theirs] = known
        return known


class ChessWorld(World):
    """A position, with all that went before."""

    def __init__(self, game: Chess, state: Any, history: bytes) -> None:
        self.game, self.state, self.history = game, state, history
        self.board = state.board()
        self.fen: str = self.board.to_fen()
        self.white = self.fen.split()[1] == "w"
        self.over = state.is_terminal()
        black_pays, white_pays = state.returns()  # OpenSpiel's player 1 is White
        self.returns = (white_pays, black_pays)
        self.movers: Sequence[int] = () if self.over else (0 if self.white else 1,)

    @cached_property
    def theirs(self) -> dict[int, int]:
        """OpenSpiel's number of each legal action."""
        return {self.game.ours(self.board, self.white, one): one for one in self.state.legal_actions()}

    def legal(self, seat: int) -> Sequence[int]:
        return list(self.theirs)

    def view(self, seat: int) -> NDArray[Any]:
        return planes(self.fen, white=seat == 0, seen=self.state.num_repetitions(self.state) - 1)

    def after(self, actions: Sequence[int], seed: int) -> ChessWorld:
        return self.played(actions[self.movers[0]])

    def played(self, action: int) -> ChessWorld:
        """The position after a legal action."""
        state = self.state.clone()
        state.apply_action(self.theirs[action])
        return ChessWorld(self.game, state, self.history + written([action]))

    def text(self) -> str:
        return f"{self.game.library.Board(self.fen)}\n{self.fen}"

    def say(self, seat: int, action: int) -> str:
        return MOVES[action]


def _starts(library: Any, fen: str | Sequence[str] | None) -> tuple[str, ...]:
    """The positions to start from. Raises `BadSpec` for one that is not chess, or is over."""
    told = (library.STARTING_FEN,) if fen is None else (fen,) if isinstance(fen, str) else fen
    if not isinstance(told, (tuple, list)) or not told:
        raise BadSpec(f"fen must be a position or a list of them, got {fen!r}", hint=f"such as {library.STARTING_FEN!r}")
    for one in told:
        try:
            board = library.Board(one)
        except (ValueError, TypeError, AttributeError) as error:
            raise BadSpec(f"{one!r} is no position in FEN: {error}", hint=f"such as {library.STARTING_FEN!r}") from None
        if not board.is_valid() or board.is_game_over():
            raise BadSpec(
                f"no game can start from {one!r}: {'it is over' if board.is_valid() else 'no game of chess leads there'}",
                hint=f"a position is written such as {library.STARTING_FEN!r}",
            )
    return tuple(library.Board(one).fen() for one in told)
