"""One forward pass of the model: ids to logits.

Runs the text model inside transformers' Gemma classes with our own embeddings, masks and cache, then its head. Where
the C++ kernels can run (`decoder.py`), they read prompts without images, and decode replies, all rows at once. Else
prompts are read by our short pass for Gemma 3 (`gemma3.py`) or by transformers' own, and replies decoded all rows at
once by a CUDA graph (`gpu/`), or without one as one-token prompts, row by row. Either way, what is computed for a row
does not depend on its neighbours. Knows nothing of requests, queues or sampling.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

import torch

from playground.engine.attention_masks import Masks, TwoWay, attention_masks
from playground.engine.decoder import Decoder, find_kernels
from playground.engine.gemma3 import Gemma3Text, is_whole_gemma3
from playground.engine.image_features import ImageFeatures
from playground.engine.kernels.library import NoKernels
from playground.engine.kv_cache import KVCache
from playground.engine.layers import check_model
from playground.engine.placement import input_device
from playground.engine.request import ImageSpan

if TYPE_CHECKING:
    from playground.engine.gpu.decoder import GraphDecoder

log = logging.getLogger(__name__)

IMAGE_CACHE_BYTES = 64 * 2**20
PROOF_IDS = range(2, 18)
"""A prompt, the last id of which a graph decodes before it is trusted."""
MOST_APART = 0.1
"""How far its logits may be from those of torch's operators, relative to their length: rounding to bfloat16 is a few
hundredths.
"""


class Runner:
    """Owns the model. `model` is a Gemma 3 or Gemma 4 class of transformers, with or without a vision tower.

    The model must use sdpa attention: other implementations read masks in other forms.
    """

    def __init__(self, model: Any, kernels: str | None = "best") -> None:
        """`kernels` names the instruction set to run kernels for: the best one here, or None for torch's operators."""
        self._model = model.eval()
        inner = model.model
        self._text = getattr(inner, "language_model", inner)
        self._config = model.config.get_text_config()
        if self._config._attn_implementation != "sdpa":
            raise ValueError(f"attention is {self._config._attn_implementation!r}; load the model with 'sdpa'")
        self._two_way = _two_way(self._config)
        # transformers 5.24 renamed the argument, and warns of the old name.
        self._cache_name = "cache" if "cache" in signature(self._text.forward).parameters else "past_key_values"
        sees = getattr(inner, "vision_tower", None) is not None
        self._gemma3 = Gemma3Text(self._text, self._config) if is_whole_gemma3(self._text, self._config) else None
        self._decoder: Decoder | GraphDecoder | None = None
        self._decoder, self.path = self._choose_decoder(kernels)
        self.images = ImageFeatures(model, IMAGE_CACHE_BYTES) if sees else None

    def _choose_decoder(self, kernels: str | None) -> tuple[Decoder | GraphDecoder | None, str]:
        """The kernels' decoder, if it can run this model, and words on what runs and why."""
        if kernels is None:
            return None, "torch's operators, as asked for"
        if self._text.norm.weight.device.type == "cuda":
            return self._choose_graph()
        found, path = find_kernels(self._model, None if kernels == "best" else kernels)
        return (Decoder(found, self._text, self._model.lm_head, self._config) if found else None), path

    def _choose_graph(self) -> tuple[GraphDecoder | None, str]:
        """A decoder for this GPU that has shown that it computes what torch's operators compute."""
        try:
            check_model(self._model)
            from playground.engine.gpu.decoder import GraphDecoder

            decoder = GraphDecoder(self._text, self._model.lm_head, self._config)
            self.prove(decoder)
        except (NoKernels, ImportError) as reason:
            return None, f"torch's operators; no kernels, as {reason}"
        except Exception as error:  # whatever compilers and drivers raise
            log.warning("the kernels for this GPU do not run; torch's operators do", exc_info=True)
            return None, f"torch's operators; no kernels, as they failed here ({type(error).__name__}: see the log)"
        return decoder, "a CUDA graph with own Triton kernels"

    @torch.inference_mode()
    def prove(self, decoder: GraphDecoder) -> None:
        """Raises: NoKernels when a decoder's logits are not those of torch's operators, but for rounding."""
        cache, ids = self.new_cache(), [number % self.vocab_size for number in PROOF_IDS]
        self.read(cache, ids[:-1])
        expected = self.logits(self.read(cache, ids[-1:]))
        cache.cut(len(ids) - 1)
        found = decoder.decode([(cache, ids[-1:])])
        apart = float((found - expected).norm() / expected.norm())
        if not apart <= MOST_APART:  # nor may it be no number
            raise NoKernels(f"what they computed here was wrong (off by {apart:.0%})")

    @property
    def batches(self) -> bool:
        """Whether several ids in one `decode` take clearly less time than as many calls. They do not in a loop."""
        return self._decoder is not None

    @property
    def reads_as_it_writes(self) -> bool:
        """Whether states of a text are the same bits, read as a prompt or written token by token."""
        return isinstance(self._decoder, Decoder) and self._decoder.reads_prompts

    @property
    def vocab_size(self) -> int:
        """V: rows of the embedding, and columns of the logits."""
        return int(self._config.vocab_size)

    def new_cache(self) -> KVCache:
        """An empty cache for one sequence."""
        window = self._config.sliding_window
        return KVCache([window if kind == "sliding_attention" else None for kind in self._config.layer_types])

    def read(self, cache: KVCache, ids: Sequence[int], images: Sequence[ImageSpan] = ()) -> torch.Tensor:
        """Append `ids` to the sequence; the hidden state of the last of them, [1, 1, hidden].

        `images` are those whose soft tokens lie in `ids`, by their place in the whole sequence.
        """
        if isinstance(self._decoder, Decoder) and self._decoder.reads_prompts and not images:
            return self._decoder.read(cache, ids)
        start, device = cache.length, input_device(self._text.embed_tokens)
        tokens = torch.tensor([_without_images(ids, images, start)], device=device)
        embeddings = self._text.embed_tokens(tokens)
        for image in images:
            offset = image.start - start
            features = self._features(image)
            embeddings[0, offset : offset + image.length] = features.to(embeddings.device, embeddings.dtype)
        masks = attention_masks(
            start,
            len(ids),
            [(image.start, image.start + image.length) for image in images],
            window=self._config.sliding_window,
            two_way=self._two_way,
            device=device,
        )
        if self._gemma3 is not None:
            return self._gemma3.forward(embeddings, start, cache, masks)[:, -1:]
        return self._transformers_forward(tokens, embeddings, start, cache, masks)[:, -1:]

    def _transformers_forward(
        self, tokens: torch.Tensor, embeddings: torch.Tensor, start: int, cache: KVCache, masks: Masks
    ) -> torch.Tensor:
        extra: dict[str, Any] = {}
        if getattr(self._config, "hidden_size_per_layer_input", 0):
            extra["per_layer_inputs"] = self._text.get_per_layer_inputs(tokens, None)
        if getattr(self._config, "num_kv_shared_layers", 0):
            extra["logits_to_keep"] = 1  # layers without states of their own need the last position only
        return self._text(  # type: ignore[no-any-return]  # untyped library
            inputs_embeds=embeddings,
            attention_mask=masks,
            position_ids=torch.arange(start, start + tokens.shape[1], device=tokens.device)[None],
            use_cache=True,
            **{self._cache_name: cache},
            **extra,
        ).last_hidden_state

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits [1, V] in float32 from a hidden state [1, 1, hidden]."""
        if self._decoder is not None:
            return self._decoder.logits(hidden[:, -1])
        logits: torch.Tensor = self._model.lm_head(hidden)[:, -1]
        cap = getattr(self._config, "final_logit_softcapping", None)
        if cap is not None:
            logits = torch.tanh(logits / cap) * cap
        return logits.float()

    def decode(self, rows: Sequence[tuple[KVCache, Sequence[int]]]) -> torch.Tensor:
        """Append each row's ids to its cache, one by one; logits [N, V] after every id, row after row.

        The logits of an id, bit for bit, are those it has when it is decoded alone: whatever other rows and however
        many ids of its own row came with it. So several ids of one row can be proposed, looked at, and cut back.
        """
        if self._decoder is not None:
            return self._decoder.decode(rows)
        return torch.cat([self.logits(self.read(cache, [token])) for cache, ids in rows for token in ids])

    def _features(self, image: ImageSpan) -> torch.Tensor:
        if self.images is None:
            raise ValueError("a text model was given an image")
        return self.images.get(image)


def _without_images(ids: Sequence[int], images: Sequence[ImageSpan], start: int) -> list[int]:
    """The ids with 0 (padding) for soft tokens: their own id may lie outside the embedding."""
    tokens = list(ids)
    for image in images:
        offset = image.start - start
        tokens[offset : offset + image.length] = [0] * image.length
    return tokens


def _two_way(config: Any) -> TwoWay:
    if config.model_type.startswith("gemma3"):
        return "all layers"
    return "sliding layers" if getattr(config, "use_bidirectional_attention", None) == "vision" else "nowhere"
