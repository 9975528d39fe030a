"""The demo model's tokenizer: byte-fallback BPE under Gemma 3's token names, lossless on any text.

Whitespace, digits, letter runs and punctuation never share a token, so a word has the same tokens after a space, a
quote or an underscore: copying a word from a request into a call is copying tokens. What every prompt repeats (the
instructions, pieces of JSON Schema) is one ordinary token each, so prompts stay short.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from demo_model.architecture import SPECIAL_TOKENS, VOCABULARY
from demo_model.data.words import split
from playground.dialects.gemma3 import THINK_INSTRUCTION, TOOL_INSTRUCTION
from tools.untrusted import NOTICE

WORDS = r"\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{L}+|\p{N}| |\n+|\s+|[^\s\p{L}\p{N}]+(?: [^\s\p{L}\p{N}]+)*"
"""One alternative per kind of piece; camelCase falls into its words, and punctuation may hold single spaces."""
FRAGMENTS = (
    TOOL_INSTRUCTION.rstrip("\n"),
    THINK_INSTRUCTION,
    NOTICE,
    "<think>",
    "</think>",
    '<tool_response name="',
    "</tool_response>",
    '<data from="',
    "</data>",
    '{"name": "',
    '", "description": "',
    '", "parameters": {',
    '", "parameters": {"type": "object", "properties": {',
    '"type": "object"',
    '"properties": {',
    '{"type": "string"',
    '{"type": "integer"',
    '{"type": "number"',
    '{"type": "boolean"',
    '"type": "string"',
    '"type": "integer"',
    '"type": "number"',
    '"type": "boolean"',
    '"type": "array", "items": {"type": "string"}',
    '"type": "array", "items": {"type": "number"}',
    '{"type": "array", "items": {"type": "string"}',
    '{"type": "array", "items": {"type": "number"}',
    '"enum": ["',
    '"required": ["',
    '"description": "',
    '{"description": "',
    '}, "required": ["',
    '"additionalProperties": false',
    '"minimum": ',
    '"maximum": ',
    '"default": ',
    '{"box_2d": [',
    '], "label": "',
)
"""Texts that are one ordinary (not special) token each."""
SMALL_WORDS = split(
    "the|a|an|of|in|to|is|and|or|for|my|with|me|it|you|I|as|your|can|am|will|on|that|from|this|at|by|not|are|do|what|be|"
    "have|about|please|was|want|need|if|but|we|no|its|of the|in the|in a|of a|to the|for the|with the|on the|for a|"
    "with a|is the|is a|I am|it is|from the|such as|and the|at the|you can|what is|is it|to be|me the|a new|and then|"
    "do you|can you|will be"
)
"""Words that are one token together with the spaces around them: without, every third token is a space."""
TYPES = ("string", "integer", "number", "boolean")
DECLARATIONS = (
    *(f'": {{"type": "{name}", "description": "' for name in TYPES),
    *(f'": {{"type": "{name}"}}' for name in TYPES),
    *(f'", "type": "{name}"}}' for name in TYPES),
    '": {"type": "string", "enum": ["',
    '": {"type": "array", "items": {"type": "string"}',
    '": {"type": "array", "items": {"type": "number"}',
    '": {"description": "',
)
"""How a parameter usually opens, whatever its name."""
TOKENS = (*FRAGMENTS, *DECLARATIONS, *(f" {word} " for word in SMALL_WORDS))
BYTES = tuple(f"<0x{value:02X}>" for value in range(256))
ASCII = (*tuple(chr(code) for code in range(32, 127)), "\n")


def learn_merges(texts: Iterable[str], size: int) -> tuple[dict[str, int], list[list[str]]]:
    """BPE pieces and merges from texts, without the fragments: at most `size` pieces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), "isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=list(ASCII), limit_alphabet=len(ASCII) + 40, show_progress=False
    )
    tokenizer.train_from_iterator(without_fragments(texts), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], model["merges"]


def without_fragments(texts: Iterable[str]) -> Iterator[str]:
    """The texts cut where a fragment stands, longest fragment first."""
    for text in texts:
        pieces = [text]
        for fragment in sorted(TOKENS, key=len, reverse=True):
            pieces = [part for piece in pieces for part in piece.split(fragment)]
        yield from pieces


def assemble(pieces: dict[str, int], merges: list[list[str]]) -> dict[str, Any]:
    """The content of `tokenizer.json`: control tokens, bytes, learned pieces, fragments, in this order of ids."""
    vocabulary = {token: number for number, token in enumerate((*SPECIAL_TOKENS, *BYTES))}
    for piece in sorted(pieces, key=pieces.__getitem__):
        vocabulary.setdefault(piece, len(vocabulary))
    added = [_added(token, number, special=True) for number, token in enumerate(SPECIAL_TOKENS)]
    for number, fragment in enumerate(TOKENS, len(vocabulary)):
        added.append(_added(fragment, number, special=False))
    bos = SPECIAL_TOKENS.index("<bos>")
    single = [{"SpecialToken": {"id": "<bos>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Isolated", "invert": False},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": [*single, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<bos>": {"id": "<bos>", "ids": [bos], "tokens": ["<bos>"]}},
        },
        "decoder": json.loads(_decoder_json()),
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": merges,
        },
    }


def _added(token: str, number: int, *, special: bool) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": number, "content": token, **flags, "special": special}


def _decoder_json() -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return json.dumps(json.loads(tokenizer.to_str())["decoder"])


def build(texts: Iterable[str]) -> dict[str, Any]:
    """`tokenizer.json` from sample texts, filling the model's vocabulary."""
    room = VOCABULARY - len(SPECIAL_TOKENS) - len(BYTES) - len(TOKENS)
    return assemble(*learn_merges(texts, room))


def load(path: Path) -> Tokenizer:
    """The tokenizer for prompts: control tokens in a text are plain text to it."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.encode_special_tokens = True
    return tokenizer
