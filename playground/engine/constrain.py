"""Grammars to masks of allowed tokens.

A grammar is an llguidance text: Lark, or JSON with several Lark grammars. `tests/engine/test_constrain.py` shows which
of its features work here.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import llguidance
import numpy as np
import torch

from playground.errors import CallerError

COMPILED_GRAMMARS = 64


@dataclass(frozen=True)
class Vocabulary:
    """The tokenizer as grammars see it. `json` gives the text of a `tokenizer.json`: it takes two seconds to write for
    262,144 tokens, so it is asked for when the first grammar comes.

    `eos_ids` are the tokens that a finished grammar allows.
    """

    json: Callable[[], str] = field(repr=False)
    eos_ids: tuple[int, ...]


class Grammars:
    """Compiles grammars and keeps the compiled ones. May be used from any thread."""

    def __init__(self, vocabulary: Vocabulary, vocab_size: int) -> None:
        self._vocabulary = vocabulary
        self._vocab_size = vocab_size
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._compiled: OrderedDict[str, Any] = OrderedDict()

    def matcher(self, grammar: str) -> Matcher:
        """A fresh matcher of one reply.

        Raises: CallerError with the compiler's message.
        """
        with self._lock:
            compiled = self._compiled.get(grammar)
            if compiled is None:
                compiled = self._compile(grammar)
                self._compiled[grammar] = compiled
                if len(self._compiled) > COMPILED_GRAMMARS:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(grammar)
            sizes = self._tokenizer.vocab_size, self._vocab_size
            return Matcher(compiled.deep_copy(), *sizes, lambda: self._forget(grammar))

    def _forget(self, grammar: str) -> None:
        # Copies share state with the original, and a failure leaves that state unusable.
        with self._lock:
            self._compiled.pop(grammar, None)

    def _compile(self, grammar: str) -> Any:
        if self._tokenizer is None:  # a second or so for 262,144 tokens, so only when a grammar comes
            self._tokenizer = llguidance.LLTokenizer(self._vocabulary.json(), eos_token=list(self._vocabulary.eos_ids))
        matcher = llguidance.LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise CallerError(f"The grammar cannot be used: {matcher.get_error().strip()}", code="invalid_grammar")
        return matcher


class Matcher:
    """Where one reply stands in its grammar."""

    def __init__(self, matcher: Any, tokenizer_size: int, vocab_size: int, forget: Callable[[], None]) -> None:
        self._matcher = matcher
        self._bits = np.zeros((tokenizer_size + 31) // 32, dtype=np.int32)
        self._vocab_size = vocab_size
        # Gemma 3 1B has one row less than its tokenizer has tokens, larger ones have more rows.
        self._shared = min(tokenizer_size, vocab_size)
        self._forget = forget

    @property
    def is_complete(self) -> bool:
        """Whether the reply matches and nothing can follow."""
        return bool(self._matcher.is_stopped())

    def allowed(self, stop_ids: Collection[int]) -> torch.Tensor:
        """The tokens that may come next, [V] of bool; `stop_ids` among them where the reply may end.

        Raises: CallerError when the grammar proved too complex to follow.
        """
        self._matcher.unsafe_compute_mask_ptr(self._bits.ctypes.data, self._bits.nbytes)
        self._raise_error()
        mask = np.zeros(self._vocab_size, dtype=np.bool_)
        mask[: self._shared] = np.unpackbits(self._bits.view(np.uint8), count=self._shared, bitorder="little")
        if self._matcher.is_accepting():
            mask[list(stop_ids)] = True
        return torch.from_numpy(mask)

    def forced(self) -> tuple[int, ...]:
        """Tokens that spell what the grammar allows nothing else for; often what comes, though never surely so."""
        return tuple(self._matcher.compute_ff_tokens())

    def possible(self, ids: Sequence[int]) -> int:
        """How many of these tokens the grammar allows in a row. Changes nothing; may count too many, never too few."""
        return int(self._matcher.validate_tokens(list(ids)))

    def accept(self, token: int) -> None:
        """Note that `token`, one of those allowed, has joined the reply.

        Raises: CallerError when the grammar proved too complex to follow.
        """
        self._matcher.consume_token(token)
        self._raise_error()

    def _raise_error(self) -> None:
        if self._matcher.is_error():
            self._forget()
            reason = self._matcher.get_error().strip().partition("\n")[0]  # what follows is the parser's own state
            raise CallerError(f"The grammar failed while it was followed: {reason}", code="invalid_grammar")
