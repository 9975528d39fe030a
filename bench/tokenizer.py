"""A tokenizer with as many tokens as a model has rows: one token per byte, Gemma 3's control tokens, and made-up words.

Text is encoded byte by byte; the words only ever come out of a model with random weights, and make the vocabulary as
large for grammars and decoders as a real one.
"""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>")
FIRST_WORD = len(SPECIAL) + 256
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message['role'] }}\n{{ message['content'] }}"
    "<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
)


@cache
def words(count: int) -> tuple[str, ...]:
    """`count` different words, the same on every call; most begin with a space, written as byte-level BPE writes it."""
    draw = random.Random(3)
    found: dict[str, None] = {}
    while len(found) < count:
        word = "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(3, 9)))
        found["Ġ" + word if draw.random() < 0.6 else word] = None
    return tuple(found)


def make_tokenizer(size: int) -> PreTrainedTokenizerFast:
    """A fast tokenizer with `size` tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = (*SPECIAL, *alphabet, *words(size - FIRST_WORD))
    inner: Any = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, [], unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        additional_special_tokens=list(SPECIAL[4:]),
        chat_template=TEMPLATE,
    )
