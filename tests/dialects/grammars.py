"""Grammars without a model: follow a given reply under a grammar's masks, or write a random one."""

import random
from functools import lru_cache

import numpy as np
from llguidance import LLMatcher, LLTokenizer
from tokenizers import Tokenizer

from playground.dialects.dialect import Plain, Special
from playground.dialects.token_text import TokenText
from tests.dialects.toy_tokenizer import toy_tokenizer

STRUCTURE = set('"{}[],:')


class Masks:
    """Grammars over a tokenizer with one family's control tokens."""

    def __init__(self, tokenizer: Tokenizer, controls: tuple[str, ...], stops: tuple[str, ...]):
        self.tokenizer = tokenizer
        self.text = TokenText(tokenizer, controls)
        self.stops = [self.text.id_of(name) for name in stops]
        size = self.tokenizer.get_vocab_size()
        self.ll = LLTokenizer(self.text.vocabulary_json(), eos_token=self.stops)
        self.weights = np.array([self._weight(token) for token in range(size)])

    def matcher(self, grammar: str) -> LLMatcher:
        matcher = LLMatcher(self.ll, grammar, log_level=0)
        assert not matcher.is_error(), matcher.get_error()
        return matcher

    def allowed(self, matcher: LLMatcher) -> np.ndarray:
        bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
        assert not matcher.is_error(), matcher.get_error()
        return np.unpackbits(bits, bitorder="little")[: len(self.weights)].astype(bool)

    def rejected(self, grammar: str, *pieces: str | Special) -> str | None:
        """Where the grammar refuses the reply: what was accepted before. None when it takes all of it and an end."""
        whole = [piece if isinstance(piece, Special) else Plain(piece) for piece in pieces]
        ids = [*self.text.encode(whole).ids, self.stops[0]]
        matcher = self.matcher(grammar)
        for count, token in enumerate(ids):
            if not self.allowed(matcher)[token]:
                return "".join(self.text.text_of(token) for token in ids[:count])
            assert matcher.consume_token(token)
        return None

    def written(self, grammar: str, seed: int, limit: int = 3000) -> list[int] | None:
        """A random reply, likelier to close what is open than not; None when it did not end within `limit` tokens."""
        rng = random.Random(seed)
        matcher = self.matcher(grammar)
        ids: list[int] = []
        while len(ids) < limit:
            weights = self.weights * self.allowed(matcher)
            token = rng.choices(range(len(weights)), weights)[0]
            if token in self.stops:
                return ids
            ids.append(token)
            assert matcher.consume_token(token), matcher.get_error()
        return None

    def _weight(self, token: int) -> float:
        if token in self.stops or self.text.control_of(token):
            return 40.0
        text = self.text.text_of(token)
        return 20.0 if set(text) & STRUCTURE else 0.02 if self.text.bytes_of(token)[:1] >= b"\x80" else 1.0


@lru_cache
def masks(controls: tuple[str, ...], stops: tuple[str, ...]) -> Masks:
    """Over the toy tokenizer."""
    return Masks(toy_tokenizer(controls), controls, stops)
