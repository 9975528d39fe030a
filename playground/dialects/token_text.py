"""Pieces to ids and ids back to pieces, for a fast tokenizer. Control tokens and text never mix, in either direction.

A tokenizer reads `<end_of_turn>` in a message as the control token of that name. Here only `Special` pieces become
control tokens; text that spells one is encoded as the characters it is made of.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from playground.dialects.dialect import ImageSlot, ImageTokens, Piece, Plain, Special, merge, spell
from playground.errors import ServerError
from playground.messages import Image

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
"""How Gemma's tokenizers write a single byte of a character they have no token for."""


@dataclass(frozen=True)
class Encoded:
    """A prompt's ids. `images` gives (position of the first soft token, number of soft tokens), in order."""

    ids: tuple[int, ...]
    images: tuple[tuple[int, int], ...] = ()


class TokenText:
    """One tokenizer with one family's control tokens. Holds no state of any text: safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, controls: Iterable[str], images: ImageTokens | None = None) -> None:
        """`controls` are the family's control tokens by name; every token marked special joins them.

        Some checkpoints do not mark all of theirs as special, so the mark alone is not trusted.
        """
        self._tokenizer = tokenizer
        self._images = images
        added = tokenizer.get_added_tokens_decoder()
        marked = {token.content for token in added.values() if token.special}
        known = ((name, tokenizer.token_to_id(name)) for name in {*controls, *marked})
        self._controls: dict[str, int] = {name: token for name, token in known if token is not None}
        self._names = {token: name for name, token in self._controls.items()}
        first = "".join({re.escape(name[0]) for name in self._controls})
        self._first_chars = re.compile(f"[{first}]" if first else "(?!)")
        self._sizes = sorted({len(name) for name in self._controls})
        self._bytes: dict[int, bytes] = {}

    def id_of(self, control: str) -> int:
        """The id of a control token.

        Raises: ServerError when the tokenizer lacks it.
        """
        try:
            return self._controls[control]
        except KeyError:
            raise ServerError(
                f"This model's tokenizer has no {control} token. Its tokenizer files do not belong to its family; "
                "download the model again, or choose another."
            ) from None

    def ids_of(self, controls: Iterable[str]) -> frozenset[int]:
        """The ids of those control tokens that the tokenizer has."""
        return frozenset(self._controls[name] for name in controls if name in self._controls)

    def vocabulary_json(self) -> str:
        """The tokenizer as JSON, for grammars: control tokens are special, and all others plain entries.

        llguidance takes any added token of the form `<…>` for a special one, and Gemma's tokenizers have ordinary ones
        of that form: free text could not hold `<table>`, which is one of them.
        """
        described = json.loads(self._tokenizer.to_str())
        vocabulary = described["model"]["vocab"]
        controls = []
        for token in described["added_tokens"]:
            if token["content"] in self._controls:
                controls.append({**token, "special": True})
            else:
                vocabulary[token["content"]] = token["id"]
        return json.dumps({**described, "added_tokens": controls})

    def encode(self, pieces: Iterable[Piece], soft_tokens: Callable[[Image], int] | None = None) -> Encoded:
        """The ids of `pieces`. `soft_tokens` says how many soft tokens an image takes.

        Raises: ServerError when a control token is not in the tokenizer, or there are images and no way to write them.
        """
        ids: list[int] = []
        images: list[tuple[int, int]] = []
        for piece in merge(_open_slots(pieces, self._images)):
            match piece:
                case Special(name):
                    ids.append(self.id_of(name))
                case Plain(text):
                    ids += self.encode_text(text)
                case ImageSlot(image):
                    soft, count = self._soft(image, soft_tokens)
                    images.append((len(ids), count))
                    ids += [soft] * count
        return Encoded(tuple(ids), tuple(images))

    def encode_text(self, text: str) -> list[int]:
        """The ids of text that holds no control tokens, whatever it spells."""
        ids: list[int] = []
        for part in self._cut(text):
            ids += self._tokenizer.encode(part, add_special_tokens=False).ids
        return ids

    def control_of(self, token: int) -> str | None:
        """The name of a control token; None for any other."""
        return self._names.get(token)

    def bytes_of(self, token: int) -> bytes:
        """What a token that is not a control token adds to the text, as UTF-8: a part of a character at times.

        Ids that the tokenizer has no entry for (checkpoints round their vocabulary up) add nothing.
        """
        known = self._bytes.get(token)
        if known is None:
            known = self._bytes[token] = _bytes(self._tokenizer.id_to_token(token) or "")
        return known

    def text_of(self, token: int) -> str:
        """A token on its own, for people to read: control tokens by name, parts of characters as U+FFFD."""
        return self.control_of(token) or self.bytes_of(token).decode("utf-8", "replace")

    def spelled(self, ids: Sequence[int]) -> str:
        """Ids as text for people to read, control tokens by name; the same one many times in a row is counted."""
        texts: list[str] = []
        stream = self.stream()
        for token, run in itertools.groupby(ids):
            count = len(list(run))
            name = self.control_of(token)
            if name is not None and count > 2:
                texts.append(f"{spell(stream.finish())}{name} {count} times ")
            else:
                texts.append(spell(piece for _ in range(count) for piece in stream.feed(token)))
        return "".join([*texts, spell(stream.finish())])

    def stream(self) -> PieceStream:
        """A reader of one reply's ids."""
        return PieceStream(self)

    def _cut(self, text: str) -> Iterator[str]:
        """The text in parts, none of which spells a control token: each spelling is cut after its first character."""
        start = 0
        for match in self._first_chars.finditer(text):
            at = match.start()
            # There may be thousands of names (`<unused42>`), so they are looked up rather than tried one by one.
            if any(text[at : at + size] in self._controls for size in self._sizes):
                yield text[start : at + 1]
                start = at + 1
        if start < len(text):
            yield text[start:]

    def _soft(self, image: Image, soft_tokens: Callable[[Image], int] | None) -> tuple[int, int]:
        if self._images is None or soft_tokens is None:
            raise ServerError(
                "An image reached a tokenizer that has no image tokens; choose a model that reads images."
            )
        return self.id_of(self._images.soft), soft_tokens(image)


def _bytes(entry: str) -> bytes:
    """A vocabulary entry as the bytes it stands for."""
    byte = _BYTE.fullmatch(entry)
    return bytes([int(byte[1], 16)]) if byte else entry.replace("▁", " ").encode()


def _open_slots(pieces: Iterable[Piece], images: ImageTokens | None) -> Iterator[Piece]:
    """The pieces with each slot's surroundings written out, so that its blank lines merge with neighbouring text."""
    for piece in pieces:
        if not isinstance(piece, ImageSlot) or images is None:
            yield piece
            continue
        yield Plain(images.before)
        yield Special(images.open)
        yield piece
        yield Special(images.close)
        yield Plain(images.after)


class PieceStream:
    """One reply's ids to pieces as they come, each in constant time. Half a character waits for its rest."""

    def __init__(self, tokens: TokenText) -> None:
        self._tokens = tokens
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token: int) -> list[Special | Plain]:
        """The pieces that this token completes: none, a text, a control token, or a broken character's end and one."""
        control = self._tokens.control_of(token)
        if control is None:
            return _plain(self._decoder.decode(self._tokens.bytes_of(token)))
        return [*self.finish(), Special(control)]

    def finish(self) -> list[Special | Plain]:
        """What is held back: bytes that never became a character, as U+FFFD."""
        return _plain(self._decoder.decode(b"", final=True))


def _plain(text: str) -> list[Special | Plain]:
    return [Plain(text)] if text else []
