"""Base Gemma 3 270M under a LoRA adapter that is being learnt, with a head of few rows.

The whole head has 262,144 rows and would be most of the work. Only the rows of tokens that occur in the examples are
computed, and some others beside them: for the rows that are there the logits are exact.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from peft.tuners.lora import Linear
from safetensors.torch import save_file
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer

from embedded_model import attention
from embedded_model.batches import Batch
from playground.backends.embedded import EmbeddedModel
from playground.dialects.gemma3 import Gemma3
from playground.dialects.token_text import TokenText
from playground.engine.adapters import CONFIG, WEIGHTS
from playground.engine.gguf.unpack import unpacked

RANK, ALPHA = 32, 64
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
NEW_ROWS = [105, 106]
"""`<start_of_turn>` and `<end_of_turn>`: the base model has never used them, so their embeddings are learnt too."""
OTHER_ROWS = 4000
"""Rows of the head that no example needs and that are computed too, so that the model is kept from their tokens."""


def base_folder() -> Path:
    """The base model as transformers reads it."""
    model = EmbeddedModel()
    model.prepare()
    return unpacked(model.place, lambda *_: None, lambda *_: None)


def read_tokens(folder: Path) -> TokenText:
    """The base model's tokenizer, as the app uses it."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return TokenText(tokenizer.backend_tokenizer, Gemma3.control_tokens, Gemma3.image_tokens)


class Tuned:
    """The model. `rows` are the token ids that its head knows."""

    def __init__(
        self,
        base: Path,
        adapter: Path | None,
        occurring: set[int],
        *,
        device: torch.device,
        dtype: torch.dtype,
        dropout: float,
        seed: int,
    ) -> None:
        """Go on from `adapter`, or from the base model alone. `occurring` are the ids of the examples."""
        plain = AutoModelForCausalLM.from_pretrained(base, dtype=dtype, attn_implementation=attention.NAME)
        self.device = device
        self.model = _with_adapter(plain, adapter, dropout).to(device)
        self._body = self.model.get_base_model().model
        self._new_rows = _new_rows(self.model)
        self._embedding: torch.Tensor = _base_embedding(self._body.embed_tokens)
        self._scale = self._embedding.shape[1] ** 0.5
        vocabulary = len(self._embedding)
        others = random.Random(seed).sample(range(vocabulary), OTHER_ROWS)
        rows = torch.tensor(sorted({*occurring, *NEW_ROWS, *others}))
        self._place = torch.full((vocabulary,), -1)
        self._place[rows] = torch.arange(len(rows))
        self._head = self._embedding[rows.to(device)]

    @property
    def weights(self) -> dict[str, torch.nn.Parameter]:
        """What is learnt, by name."""
        return {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}

    def losses(self, batch: Batch) -> torch.Tensor:
        """The loss of each learnt token of a batch, in nats."""
        hidden = self._body(
            inputs_embeds=self._embed(batch.ids[None]),
            position_ids=batch.positions[None].to(self.device),
            use_cache=False,
            groups=batch.groups,
        ).last_hidden_state[0]
        wanted = batch.learnt.nonzero()[:, 0]
        table = self._head.index_copy(0, self._place[NEW_ROWS].to(self.device), self._new_rows.to(self._head.dtype))
        logits = functional.linear(hidden[(wanted - 1).to(self.device)], table).float()
        return functional.cross_entropy(logits, self._place[batch.ids[wanted]].to(self.device), reduction="none")

    def _embed(self, ids: torch.Tensor) -> torch.Tensor:
        """PEFT's own way would copy the whole embedding at every step."""
        ids = ids.to(self.device)
        found = functional.embedding(ids, self._embedding)
        for row, token in zip(self._new_rows, NEW_ROWS, strict=True):
            found = torch.where((ids == token)[..., None], row.to(found.dtype), found)
        return found * torch.tensor(self._scale, dtype=found.dtype, device=self.device)

    def export(self, folder: Path) -> None:
        """Write the adapter in PEFT's format, its weights in bfloat16."""
        folder.mkdir(parents=True, exist_ok=True)
        state = get_peft_model_state_dict(self.model, save_embedding_layers=False)
        kept = {name: weight for name, weight in state.items() if "lora_" in name or "embed_tokens" in name}
        tensors = {name: weight.detach().to("cpu", torch.bfloat16).contiguous() for name, weight in kept.items()}
        save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
        config = json.dumps(_config(self.model.peft_config["default"]), indent=1)
        (folder / CONFIG).write_text(config + "\n", encoding="utf-8")


def _config(used: LoraConfig) -> dict[str, Any]:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "google/gemma-3-270m",
        "r": used.r,
        "lora_alpha": used.lora_alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "inference_mode": True,
        "target_modules": TARGETS,
        "trainable_token_indices": NEW_ROWS,
    }


def _with_adapter(plain: Any, adapter: Path | None, dropout: float) -> Any:
    if adapter is None:
        config = LoraConfig(
            r=RANK,
            lora_alpha=ALPHA,
            lora_dropout=dropout,
            target_modules=TARGETS,
            trainable_token_indices=NEW_ROWS,
            task_type="CAUSAL_LM",
        )
        model = get_peft_model(plain, config)
    else:
        config = LoraConfig.from_pretrained(adapter)
        config.lora_dropout = dropout
        config.inference_mode = False
        model = PeftModel.from_pretrained(plain, adapter, is_trainable=True, config=config)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
    for layer in model.modules():
        if isinstance(layer, Linear):
            layer.forward = partial(_adapted, layer)  # type: ignore[method-assign]  # a quicker one, same result
    return model


def _adapted(layer: Any, hidden: torch.Tensor) -> torch.Tensor:
    """What PEFT's own forward gives, but computed in the type of the base model: it is quicker."""
    (name,) = layer.active_adapters
    down, up = (one[name].weight.to(hidden.dtype) for one in (layer.lora_A, layer.lora_B))
    added = functional.linear(functional.linear(layer.lora_dropout[name](hidden), down), up * layer.scaling[name])
    result: torch.Tensor = layer.base_layer(hidden) + added
    return result


def _new_rows(model: Any) -> torch.nn.Parameter:
    found = [weight for name, weight in model.named_parameters() if "trainable_tokens_delta" in name]
    return found[0]


def _base_embedding(layer: Any) -> torch.Tensor:
    """The weights under PEFT's wrappers."""
    while not isinstance(layer, torch.nn.Embedding):
        layer = getattr(layer, "original_module", None) or layer.base_layer
    weight: torch.Tensor = layer.weight.detach()
    return weight


def occurring(examples: Sequence[Any]) -> set[int]:
    """All ids in some examples."""
    return {token for example in examples for token in example.ids}
