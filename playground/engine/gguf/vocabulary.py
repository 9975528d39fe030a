"""A GGUF file's tokens as a `tokenizer.json`, as the `tokenizers` package reads it.

GGUF keeps Gemma's SentencePiece model as tokens, scores and types. SentencePiece joins the two neighbours whose union
has the best score; `tokenizers` wants the joins written out, the best first.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from playground.engine.gguf.file import GgufFile
from playground.errors import ModelUnavailable

SPACE = "▁"
"""How SentencePiece writes a space."""


class Kind(IntEnum):
    """What a token is. Source: `llama_token_type` in llama.cpp's llama.h."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


def tokenizer_json(file: GgufFile) -> dict[str, Any]:
    """The tokenizer as the content of a `tokenizer.json`.

    Raises: ModelUnavailable when the file holds another kind of tokenizer.
    """
    if (model := file.facts.get("tokenizer.ggml.model")) != "llama":
        raise ModelUnavailable(f"{file.path} holds a tokenizer of kind {model!r}; Gemma 3 has a SentencePiece one.")
    tokens: list[str] = file.fact("tokenizer.ggml.tokens")
    scores: list[float] = file.fact("tokenizer.ggml.scores")
    kinds: list[int] = file.fact("tokenizer.ggml.token_type")
    bos = tokens[file.facts.get("tokenizer.ggml.bos_token_id", 2)]
    return {
        "version": "1.0",
        "added_tokens": _added(tokens, kinds),
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [
                {"SpecialToken": {"id": bos, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": bos, "type_id": 1}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {bos: {"id": bos, "ids": [tokens.index(bos)], "tokens": [bos]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": tokens[file.facts.get("tokenizer.ggml.unknown_token_id", 3)],
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": {token: at for at, token in enumerate(tokens)},
            "merges": _merges(tokens, scores, kinds),
        },
    }


def _added(tokens: Sequence[str], kinds: Sequence[int]) -> list[dict[str, Any]]:
    """Tokens that are found in a text before anything else: control tokens, and whole ones such as runs of spaces."""
    return [
        {
            "id": at,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": kind != Kind.USER_DEFINED,
        }
        for at, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind in (Kind.CONTROL, Kind.UNKNOWN, Kind.USER_DEFINED)
    ]


def _merges(tokens: Sequence[str], scores: Sequence[float], kinds: Sequence[int]) -> list[list[str]]:
    """Every pair of ordinary tokens whose union is one, the best union first."""
    normal = {token: at for at, token in enumerate(tokens) if kinds[at] == Kind.NORMAL}
    found = []
    for token, at in normal.items():
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in normal and right in normal:
                found.append((-scores[at], normal[left], normal[right], left, right))
    found.sort()
    return [[left, right] for *_, left, right in found]
