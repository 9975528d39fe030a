"""A local backend around a tiny random model with a tokenizer of Gemma's make: real in everything but its wits."""

from pathlib import Path

from transformers import GenerationConfig, PreTrainedTokenizerFast

from playground.backends.local import LocalBackend
from playground.dialects import dialect_for
from playground.engine import weights
from tests.dialects.toy_tokenizer import toy_tokenizer
from tests.tiny_models import tiny_model

CONTEXT = 4096


def save_tiny(model_type: str, folder: Path, context: int = CONTEXT, **changes: int) -> None:
    """A checkpoint as the hub has them, with a tokenizer whose control tokens have the family's names."""
    family = model_type.removesuffix("_text")
    tokenizer = toy_tokenizer(dialect_for(family).control_tokens)
    sizes = {"vocab_size": tokenizer.get_vocab_size() + 3, "max_position_embeddings": context, **changes}
    if family == "gemma4":
        sizes["vocab_size_per_layer_input"] = sizes["vocab_size"]
    model = tiny_model(model_type, **sizes)
    model.generation_config = GenerationConfig(eos_token_id=[1, 6])
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", unk_token="<unk>"
    ).save_pretrained(folder)


def load_tiny(model_type: str, folder: Path, name: str = "tiny", context: int = CONTEXT) -> LocalBackend:
    """Save it, load it as the app does, and put a backend around it."""
    save_tiny(model_type, folder, context)
    return LocalBackend(weights.load(folder, dtype="float32"), name, threads=1)
