"""Gemma 4's notation for values: bare keys, strings between `<|"|>` tokens, no spaces. Written, and read as it grows.

`{"city": "Paris", "days": 2}` is `{city:<|"|>Paris<|"|>,days:2}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from playground.dialects.dialect import Piece, Plain, Special
from playground.errors import CallerError

QUOTE = Special('<|"|>')
NOT_AN_OBJECT = (
    "chat_template: tool_calls[].function.arguments must be a JSON object (mapping), not a string. "
    "Deserialize arguments before passing to the template."
)
"""The template's own words."""


def text_pieces(text: str) -> Iterator[Piece]:
    """A string."""
    yield from (QUOTE, Plain(text), QUOTE)


def field_pieces(values: object, *, quoted_keys: bool = False) -> Iterator[Piece]:
    """An object, its keys sorted without regard to case, as the template sorts them.

    Raises: CallerError when it is no object.
    """
    if not isinstance(values, Mapping):
        raise CallerError(NOT_AN_OBJECT, param="messages")
    yield Plain("{")
    for count, key in enumerate(sorted(values, key=str.lower)):
        yield Plain("," if count else "")
        yield from text_pieces(key) if quoted_keys else (Plain(key),)
        yield Plain(":")
        yield from value_pieces(values[key], quoted_keys=quoted_keys)
    yield Plain("}")


def list_pieces(values: Iterable[object], *, quoted_keys: bool = False) -> Iterator[Piece]:
    """A list."""
    yield Plain("[")
    for count, value in enumerate(values):
        yield Plain("," if count else "")
        yield from value_pieces(value, quoted_keys=quoted_keys)
    yield Plain("]")


def value_pieces(value: object, *, quoted_keys: bool = False) -> Iterator[Piece]:
    """Any JSON value."""
    match value:
        case str():
            yield from text_pieces(value)
        case None | bool():
            yield Plain(json.dumps(value))
        case Mapping():
            yield from field_pieces(value, quoted_keys=quoted_keys)
        case list() | tuple():
            yield from list_pieces(value, quoted_keys=quoted_keys)
        case _:
            yield Plain(str(value))


class JsonFromNative:
    """Turns an object in this notation into JSON text while it grows. Starts at its `{`.

    Lenient where models are: keys may be quoted, strings may stand between plain quotes, spaces may follow commas.
    `is_whole` once the object has ended. Whether the JSON is valid is for its reader to find out.
    """

    def __init__(self) -> None:
        self._open: list[str] = []
        self._at_key = False
        self._word = ""
        """A key, a number, true, false or null, as far as it has been read."""
        self._string = ""
        """What the string that is being read began with; empty between strings."""
        self._escaped = False
        self.is_whole = False

    def feed(self, piece: Special | Plain) -> str:
        """The JSON text that this piece adds."""
        if isinstance(piece, Special):
            return self._quote(piece.token) if piece == QUOTE else ""
        return "".join(map(self._char, piece.text))

    def _quote(self, quote: str) -> str:
        if self._string and self._string != quote:
            return ""
        self._string = "" if self._string else quote
        return "" if self._at_key else '"'

    def _char(self, char: str) -> str:
        if self.is_whole:
            return ""
        if self._string:
            return self._in_string(char)
        if char == '"':
            return self._quote(char)
        if char in "{}[],:":
            return self._structure(char)
        self._word += char
        return ""

    def _in_string(self, char: str) -> str:
        if self._string == '"':
            if self._escaped or char == "\\":
                self._escaped = not self._escaped
                return self._keep(char, char)
            if char == '"':
                return self._quote(char)
        return self._keep(char, json.dumps(char, ensure_ascii=False)[1:-1])

    def _keep(self, char: str, written: str) -> str:
        """One character of a string: into the key, or into the text."""
        if self._at_key:
            self._word += char
            return ""
        return written

    def _structure(self, char: str) -> str:
        if char == ":" and self._at_key:
            key, self._word, self._at_key = self._word.strip(), "", False
            return json.dumps(key, ensure_ascii=False) + ": "
        word, self._word = self._word.strip(), ""
        if char in "{[":
            self._open.append(char)
        elif char in "}]" and self._open:
            self._open.pop()
            self.is_whole = not self._open
        self._at_key = char in "{," and self._open[-1:] == ["{"]
        return word + (", " if char == "," else char)
