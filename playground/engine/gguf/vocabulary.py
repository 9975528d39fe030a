"""A GGUF file's tokens as a `tokenizer.json`, as the `tokenizers` package reads it.

Of Gemma 3, GGUF keeps its SentencePiece model as tokens, scores and types. SentencePiece joins the two neighbours whose
union has the best score; `tokenizers` wants the joins written out, the best first. Of Gemma 4, it keeps the joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from playground.engine.gguf.file import GgufFile
from playground.errors import ModelUnavailable

SPACE = "▁"
"""How SentencePiece writes a space."""
NAMES = {"llama": "a SentencePiece one", "gemma4": "one of kind 'gemma4'"}
VISIBLE = frozenset(
    {"<|channel>", "<channel|>", "<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>", '<|"|>'}
)
"""Gemma 4's control tokens that llama.cpp's converter stores as words, for llama.cpp to show them.

Source: llama.cpp's conversion/gemma.py, `Gemma4Model.set_vocab`; transformers' convert_gemma4_weights.py, where they
are control tokens (2026-11).
"""
CONFIG = {
    "tokenizer_class": "GemmaTokenizer",
    "bos_token": "<bos>",
    "eos_token": "<eos>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "add_bos_token": True,
    "add_eos_token": False,
    "clean_up_tokenization_spaces": False,
}


class Kind(IntEnum):
    """What a token is. Source: `llama_token_type` in llama.cpp's llama.h."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


def tokenizer_json(file: GgufFile, kind: str) -> dict[str, Any]:
    """The tokenizer as the content of a `tokenizer.json`. `kind` is GGUF's name for the one that the model needs.

    Raises: ModelUnavailable when the file holds another kind of tokenizer.
    """
    if (found := file.facts.get("tokenizer.ggml.model")) != kind:
        raise ModelUnavailable(f"{file.path} holds a tokenizer of kind {found!r}; the model has {NAMES[kind]}.")
    tokens: list[str] = file.fact("tokenizer.ggml.tokens")
    kinds: list[int] = file.fact("tokenizer.ggml.token_type")
    bos = tokens[file.facts.get("tokenizer.ggml.bos_token_id", 2)]
    return {
        "version": "1.0",
        "added_tokens": _added(tokens, kinds, kind),
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": None,
        "post_processor": _beginning(bos, tokens.index(bos)) if _adds_bos(kind) else None,
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
            "merges": _stored_merges(file) if kind == "gemma4" else _merges(file, tokens, kinds),
        },
    }


def tokenizer_config(file: GgufFile, kind: str) -> dict[str, Any]:
    """What goes with it, as the content of a `tokenizer_config.json`."""
    template = file.facts.get("tokenizer.chat_template")
    return CONFIG | {"add_bos_token": _adds_bos(kind)} | ({"chat_template": template} if template else {})


def _adds_bos(kind: str) -> bool:
    """Whether `<bos>` goes before any text. Gemma 4's published tokenizer leaves that to the chat template."""
    return kind != "gemma4"


def _beginning(bos: str, at: int) -> dict[str, Any]:
    return {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [
            {"SpecialToken": {"id": bos, "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": bos, "type_id": 1}},
            {"Sequence": {"id": "B", "type_id": 1}},
        ],
        "special_tokens": {bos: {"id": bos, "ids": [at], "tokens": [bos]}},
    }


def _added(tokens: Sequence[str], kinds: Sequence[int], kind: str) -> list[dict[str, Any]]:
    """Tokens that are found in a text before anything else: control tokens, and whole ones such as runs of spaces."""
    shown = VISIBLE if kind == "gemma4" else frozenset()
    return [
        {
            "id": at,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": is_a != Kind.USER_DEFINED or token in shown,
        }
        for at, (token, is_a) in enumerate(zip(tokens, kinds, strict=True))
        if is_a in (Kind.CONTROL, Kind.UNKNOWN, Kind.USER_DEFINED)
    ]


def _stored_merges(file: GgufFile) -> list[list[str]]:
    """Each is two tokens with a space between; the first may begin with one."""
    pairs = [[text[: (cut := text.find(" ", 1))], text[cut + 1 :]] for text in file.fact("tokenizer.ggml.merges")]
    if broken := [pair for pair in pairs if not all(pair)]:
        raise ModelUnavailable(f"{file.path} is damaged: it joins {broken[0]!r}. Delete it and get it again.")
    return pairs


def _merges(file: GgufFile, tokens: Sequence[str], kinds: Sequence[int]) -> list[list[str]]:
    """Every pair of ordinary tokens whose union is one, the best union first."""
    scores: list[float] = file.fact("tokenizer.ggml.scores")
    normal = {token: at for at, token in enumerate(tokens) if kinds[at] == Kind.NORMAL}
    found = []
    for token, at in normal.items():
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in normal and right in normal:
                found.append((-scores[at], normal[left], normal[right], left, right))
    found.sort()
    return [[left, right] for *_, left, right in found]
