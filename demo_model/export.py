"""Write a checkpoint as a model folder that transformers loads: `python -m demo_model.export`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from demo_model.architecture import (
    BOS,
    END_OF_IMAGE,
    END_OF_TURN,
    EOS,
    IMAGE_MEAN,
    IMAGE_SIZE,
    IMAGE_SOFT,
    IMAGE_STD,
    IMAGE_TOKENS,
    PAD,
    START_OF_IMAGE,
)
from demo_model.network import new_model
from demo_model.train import CHECKPOINT, RUNS

WEIGHTS = Path(__file__).parent / "weights"
TOKENIZER_CONFIG: dict[str, Any] = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<bos>",
    "eos_token": "<eos>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": None,
    "extra_special_tokens": {
        "boi_token": "<start_of_image>",
        "eoi_token": "<end_of_image>",
        "image_token": "<image_soft_token>",
    },
    "clean_up_tokenization_spaces": False,
    "model_max_length": 8192,
    "padding_side": "left",
}
PROCESSOR: dict[str, Any] = {
    "image_processor_type": "Gemma3ImageProcessor",
    "processor_class": "Gemma3Processor",
    "do_convert_rgb": None,
    "do_normalize": True,
    "do_pan_and_scan": None,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": list(IMAGE_MEAN),
    "image_std": list(IMAGE_STD),
    "image_seq_length": IMAGE_TOKENS,
    "resample": 2,
    "rescale_factor": 1 / 255,
    "size": {"height": IMAGE_SIZE, "width": IMAGE_SIZE},
}


def export(checkpoint: Path, folder: Path) -> None:
    """The checkpoint's averaged weights in bfloat16, with the files that belong to them.

    `tokenizer.json` and `chat_template.jinja` are already there: they are sources, not results of training.
    """
    model = new_model(0)
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    model.load_state_dict(state["average"])
    model = model.to(torch.bfloat16)
    model.config.dtype = torch.bfloat16
    model.generation_config = generation_config()
    model.save_pretrained(folder)
    for name, content in (("tokenizer_config.json", TOKENIZER_CONFIG), ("preprocessor_config.json", PROCESSOR)):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"{folder}: {state['tokens']} tokens seen, {(folder / 'model.safetensors').stat().st_size / 1e6:.1f} MB")


def generation_config() -> GenerationConfig:
    """Sampling that suits the model: it is sure of what it learned, so little randomness keeps copies exact."""
    return GenerationConfig(
        bos_token_id=BOS,
        eos_token_id=[EOS, END_OF_TURN],
        pad_token_id=PAD,
        do_sample=True,
        temperature=0.3,
        top_k=64,
        top_p=0.95,
        suppress_tokens=[START_OF_IMAGE, END_OF_IMAGE, IMAGE_SOFT],
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=("text", "joint", "whole"), default="joint")
    parser.add_argument("--folder", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    export(RUNS / given.stage / CHECKPOINT, given.folder)


if __name__ == "__main__":
    main()
