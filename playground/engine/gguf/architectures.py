"""Which models can be loaded from GGUF files, by the architecture that a file names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from playground.engine.gguf import gemma3, gemma4
from playground.engine.gguf.file import GgufFile
from playground.engine.gguf.shape import Shape
from playground.errors import ModelUnavailable

ARCHITECTURES: Mapping[str, Callable[[GgufFile], Shape]] = {
    gemma3.ARCHITECTURE: gemma3.shape_of,
    gemma4.ARCHITECTURE: gemma4.shape_of,
}


def shape_of(file: GgufFile) -> Shape:
    """The model in a file. A text model even where the published one sees: a GGUF file holds the language model alone.

    Raises: ModelUnavailable when it is another architecture or says too little.
    """
    found = str(file.facts.get("general.architecture"))
    if found not in ARCHITECTURES:
        raise ModelUnavailable(
            f"{file.path} holds a model of architecture {found!r}. Of GGUF files only "
            f"{' and '.join(map(repr, ARCHITECTURES))} can be loaded; take the model's safetensors files."
        )
    if "token_embd.weight" not in file.tensors:
        raise ModelUnavailable(f"{file.path} holds no token embeddings, so it is no language model.")
    return ARCHITECTURES[found](file)
