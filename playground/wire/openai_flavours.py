"""How servers that speak OpenAI's chat protocol differ: a table, nothing else.

The protocol has no word for top_k or for thinking; each server found its own, and some take a field and ignore it.

Source, 2026-11: the source of `transformers serve` 5.24, read and run; excerpts of the documentation of vLLM, llama.cpp
and Ollama. SGLang, Text Generation Inference and OpenRouter are as generally known, and none of the six was run. Where:
the documentation of vLLM (OpenAI-compatible server), SGLang (OpenAI API), llama.cpp
(tools/server/README.md), Ollama (api/openai-compatibility), Text Generation Inference (messages API), OpenRouter
(API parameters; reasoning tokens).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from playground.wire.openai_fields import OURS

FlavourName: TypeAlias = Literal[
    "openai", "vllm", "sglang", "llama.cpp", "ollama", "tgi", "openrouter", "transformers", "playground"
]


@dataclass(frozen=True)
class Flavour:
    """One kind of server.

    `names`: its word for each option that the protocol lacks. `lacks`: options that it refuses, ignores or
    misunderstands. `thinking`: how thought is switched. `thought_field`: where it reads an earlier thought, if it does.
    `all_tokens`: its `top_k` for "off". `prefill`: how the start of a reply is given, if it can be.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    thinking: Literal["effort", "template", "reasoning", "playground"] = "effort"
    thought_field: str | None = None
    all_tokens: int = 0
    prefill: Literal["", "trailing", "continue"] = ""


_SAMPLING = {"top_k": "top_k", "min_p": "min_p", "repetition_penalty": "repetition_penalty"}
_NO_SAMPLING = frozenset(_SAMPLING)

FLAVOURS: Mapping[FlavourName, Flavour] = {
    "openai": Flavour(lacks=_NO_SAMPLING),
    "vllm": Flavour(names=_SAMPLING, thinking="template", thought_field="reasoning", all_tokens=-1, prefill="continue"),
    "sglang": Flavour(
        names=_SAMPLING, thinking="template", thought_field="reasoning_content", all_tokens=-1, prefill="continue"
    ),
    "llama.cpp": Flavour(
        names={**_SAMPLING, "repetition_penalty": "repeat_penalty"},
        thinking="template",
        thought_field="reasoning_content",
        prefill="trailing",
    ),
    "ollama": Flavour(lacks=_NO_SAMPLING | {"logit_bias", "tool_choice", "parallel_tool_calls"}),
    "tgi": Flavour(lacks=_NO_SAMPLING | {"parallel_tool_calls"}, thinking="template"),
    "openrouter": Flavour(names=_SAMPLING, thinking="reasoning", thought_field="reasoning", prefill="trailing"),
    "transformers": Flavour(
        lacks=_NO_SAMPLING
        | {"presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "response_format"}
        | {"tool_choice", "parallel_tool_calls"},
        thinking="template",
    ),
    "playground": Flavour(
        names={**_SAMPLING, **{name: name for name in OURS}},
        thinking="playground",
        thought_field="reasoning_content",
    ),
}

_OWNERS: Mapping[str, FlavourName] = {
    "vllm": "vllm",
    "sglang": "sglang",
    "llamacpp": "llama.cpp",
    "library": "ollama",
    "gemma-playground": "playground",
}
"""What `owned_by` says in a server's list of models."""


def recognise(host: str, model: Mapping[str, Any]) -> FlavourName:
    """The kind of server that listed this model; `openai` where nothing tells."""
    if host == "openrouter.ai" or host.endswith(".openrouter.ai"):
        return "openrouter"
    owner = str(model.get("owned_by", ""))
    if owner in _OWNERS:
        return _OWNERS[owner]
    if owner == "local" or (isinstance(model.get("status"), Mapping) and "value" in model["status"]):
        return "transformers"
    return "openai"
