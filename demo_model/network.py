"""The forward pass for training: transformers' modules and weights, in fewer and larger steps.

A test holds it equal to `Gemma3ForConditionalGeneration.forward`. B rows, T tokens, C hidden size, H heads, D head
size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn
from transformers import Gemma3ForConditionalGeneration

from demo_model.architecture import IMAGE_SOFT, model_config
from playground.engine.devices import native_dtype

BLOCKS = 4
"""Attention skips what lies in the future in this many steps: with four, three eighths of the work."""


def computing(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 over float32 weights, where the hardware can; elsewhere that would be far slower."""
    dtype = native_dtype(device)
    return torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16)


def new_model(seed: int) -> Gemma3ForConditionalGeneration:
    """A fresh model in float32, initialised so that a token is not drowned by the layers' first outputs.

    By default embeddings start at 0.02 and every sublayer adds an output of size 1. Measured after 55 s: loss 2.60
    instead of 3.69. The picture projection starts at zero by default, which would hide all pictures.
    """
    torch.manual_seed(seed)
    model = Gemma3ForConditionalGeneration(model_config()).float()
    language = model.model.language_model
    with torch.no_grad():
        nn.init.normal_(language.embed_tokens.weight, std=0.0625)
        for layer in language.layers:
            layer.post_attention_layernorm.weight.fill_(-0.7)
            layer.post_feedforward_layernorm.weight.fill_(-0.7)
        projection = model.model.multi_modal_projector.mm_input_projection_weight
        nn.init.normal_(projection, std=projection.shape[0] ** -0.5)
    return model


def hidden_states(model: Gemma3ForConditionalGeneration, ids: Tensor, features: Tensor | None = None) -> Tensor:
    """Last hidden states (B, T, C) of right-padded ids (B, T). `features` (pictures, tokens, C) fill the soft tokens.

    Padding is at the end and attention is causal, so no row sees it; rows must fit the sliding window.
    """
    language = model.model.language_model
    config = language.config
    length = ids.shape[1]
    assert length <= config.sliding_window, f"{length} tokens do not fit the window of {config.sliding_window}"
    x = F.embedding(ids, language.embed_tokens.weight) * config.hidden_size**0.5
    if torch.is_autocast_enabled(ids.device.type):
        x = x.bfloat16()  # as when it serves; halves the traffic of everything between the products
    mask = None
    if features is not None:
        pictured = ids == IMAGE_SOFT
        x = x.masked_scatter(pictured[..., None], features.to(x.dtype))
        mask = picture_mask(pictured)
    positions = torch.arange(length, device=ids.device)[None]
    waves = {kind: language.rotary_emb(x, positions, kind) for kind in set(config.layer_types)}  # in x's dtype
    for layer, kind in zip(language.layers, config.layer_types, strict=True):
        cos, sin = (wave[:, None] for wave in waves[kind])
        y = attend(layer.self_attn, rms(x, layer.input_layernorm), cos, sin, mask)
        x = x + rms(y, layer.post_attention_layernorm)
        y = feed_forward(layer.mlp, rms(x, layer.pre_feedforward_layernorm))
        x = x + rms(y, layer.post_feedforward_layernorm)
    return rms(x, language.norm)


def picture_mask(pictured: Tensor) -> Tensor:
    """Which token may see which (B, 1, T, T): earlier ones, and within one picture all of it."""
    length = pictured.shape[1]
    starts = pictured & ~F.pad(pictured, (1, 0))[:, :-1]
    number = torch.where(pictured, starts.cumsum(1), 0)
    together = (number[:, :, None] == number[:, None, :]) & pictured[:, :, None]
    causal = torch.ones(length, length, dtype=torch.bool, device=pictured.device).tril()
    return (causal | together)[:, None]


def rms(x: Tensor, norm: nn.Module) -> Tensor:
    """Gemma's norm: weights are centred at one."""
    weight, eps = norm.weight, norm.eps
    assert isinstance(weight, Tensor)
    assert isinstance(eps, float)
    with torch.autocast(x.device.type, enabled=False):  # or autocast would make it float32
        return F.rms_norm(x, weight.shape, (1.0 + weight).to(x.dtype), eps)


def attend(attention: nn.Module, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None) -> Tensor:
    """Attention output (B, T, C) before its norm."""
    batch, length, _ = x.shape
    weights = [attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight]
    size = attention.head_dim
    heads, pairs = weights[0].shape[0] // size, weights[1].shape[0] // size
    joined = F.linear(x, torch.cat(weights)).view(batch, length, heads + 2 * pairs, size).transpose(1, 2)
    query, key, value = joined.split((heads, pairs, pairs), dim=1)
    query, key = (turn(rms(q, norm), cos, sin) for q, norm in ((query, attention.q_norm), (key, attention.k_norm)))
    groups = heads // pairs
    key, value = (kv.repeat_interleave(groups, dim=1) for kv in (key, value))
    out = mix(query.to(value.dtype) * attention.scaling, key.to(value.dtype), value, mask)
    return F.linear(out.transpose(1, 2).reshape(batch, length, heads * size), attention.o_proj.weight)


def mix(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Attention (B, H, T, D). On CPUs written-out products are faster to train through than torch's own attention."""
    if query.is_cuda:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=mask is None, scale=1.0)
    if mask is not None:
        return _mix_block(query, key, value, torch.zeros_like(mask, dtype=query.dtype).masked_fill(~mask, -1e9))
    length = query.shape[2]
    rows = max(64, -(-length // BLOCKS))
    blocks = []
    for start in range(0, length, rows):
        stop = min(length, start + rows)
        hidden = torch.full((stop - start, stop), -1e9, dtype=query.dtype).triu(start + 1)
        blocks.append(_mix_block(query[:, :, start:stop], key[:, :, :stop], value[:, :, :stop], hidden))
    return torch.cat(blocks, dim=2)


def _mix_block(query: Tensor, key: Tensor, value: Tensor, hidden: Tensor) -> Tensor:
    """Attention of some queries; `hidden` is added to the scores."""
    batch, heads, _, _ = query.shape
    query, key, value = (x.flatten(0, 1) for x in (query, key, value))
    added = hidden.expand(batch, heads, *hidden.shape[-2:]).flatten(0, 1) if hidden.ndim > 2 else hidden
    with torch.autocast("cpu", enabled=False):
        scores = torch.baddbmm(added, query, key.mT)
        return torch.bmm(scores.softmax(-1), value).unflatten(0, (batch, heads))


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


def feed_forward(mlp: nn.Module, x: Tensor) -> Tensor:
    """The gated layer with its two inputs joined in one product."""
    gate, up = F.linear(x, torch.cat((mlp.gate_proj.weight, mlp.up_proj.weight))).chunk(2, dim=-1)
    return F.linear(F.gelu(gate, approximate="tanh") * up, mlp.down_proj.weight)


def token_losses(
    model: Gemma3ForConditionalGeneration, ids: Tensor, places: Tensor, features: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Cross entropies and right-or-wrong (both one per learned token). `places` (N) number them in `ids[:, 1:]`.

    The vocabulary's logits are computed only where a token is learned: about a third of all places.
    """
    states = hidden_states(model, ids, features)
    targets = ids[:, 1:].flatten()[places]
    logits = F.linear(states[:, :-1].flatten(0, 1)[places], model.model.language_model.embed_tokens.weight).float()
    return F.cross_entropy(logits, targets, reduction="none"), logits.argmax(-1) == targets


def picture_features(model: Gemma3ForConditionalGeneration, pixels: Tensor) -> Tensor:
    """Pixels (pictures, 3, height, width) to soft tokens (pictures, tokens, C)."""
    seen = model.model.vision_tower(pixel_values=pixels).last_hidden_state
    return model.model.multi_modal_projector(seen)
