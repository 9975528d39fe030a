import json
from pathlib import Path

import pytest
import torch
from PIL import Image as Picture
from transformers import AutoModelForImageTextToText, AutoTokenizer, Gemma3ForConditionalGeneration
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

from demo_model.architecture import END_OF_TURN, EOS, IMAGE_SIZE, IMAGE_SOFT, IMAGE_TOKENS
from demo_model.data.scene import Dialogue
from demo_model.encoding import encode
from demo_model.tokenizer import load
from demo_model.vision.pixels import to_pixels
from playground.messages import assistant, user
from tools.built_in import BUILT_IN_SPECS

WEIGHTS = Path(__file__).parents[2] / "demo_model" / "weights"


@pytest.fixture(scope="module")
def model() -> Gemma3ForConditionalGeneration:
    return AutoModelForImageTextToText.from_pretrained(WEIGHTS, local_files_only=True).eval()


def reply(model: Gemma3ForConditionalGeneration, text: str, tools=()) -> str:
    tokenizer = load(WEIGHTS / "tokenizer.json")
    row = encode(Dialogue([user(text), assistant("…")], tuple(tools), kinds=["any"]), tokenizer)
    prompt = torch.tensor([row.ids[: row.spans[0][0]]])
    written = model.generate(
        input_ids=prompt, attention_mask=torch.ones_like(prompt), do_sample=False, temperature=None, top_k=None,
        top_p=None, max_new_tokens=60,
    )  # fmt: skip
    return tokenizer.decode(written[0, prompt.shape[1] :].tolist(), skip_special_tokens=True)


def test_the_weights_are_a_small_gemma_3(model: Gemma3ForConditionalGeneration):
    assert isinstance(model, Gemma3ForConditionalGeneration)
    assert model.dtype == torch.bfloat16
    assert sum(parameter.numel() for parameter in model.parameters()) < 9_000_000
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 20_000_000


def test_the_tokenizer_loads_as_any_other_and_stays_lossless():
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS, local_files_only=True)
    assert tokenizer("Hi").input_ids[0] == tokenizer.bos_token_id
    assert tokenizer.image_token_id == IMAGE_SOFT
    text = "  two  spaces,\ttabs\n and ▁ é😀"
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text


def test_a_reply_ends_at_the_end_of_the_turn(model: Gemma3ForConditionalGeneration):
    assert set(model.generation_config.eos_token_id) == {EOS, END_OF_TURN}


def test_the_image_processor_gives_the_pixels_of_training():
    processor = Gemma3ImageProcessorPil.from_pretrained(WEIGHTS)
    picture = Picture.effect_mandelbrot((300, 200), (-2, -1.5, 1, 1.5), 20).convert("RGB")
    pixels = processor(picture, return_tensors="pt")["pixel_values"]
    assert pixels.shape == (1, 3, IMAGE_SIZE, IMAGE_SIZE)
    torch.testing.assert_close(pixels, to_pixels([picture]))


def test_a_picture_takes_as_many_vectors_as_soft_tokens(model: Gemma3ForConditionalGeneration):
    features = model.get_image_features(torch.zeros(1, 3, IMAGE_SIZE, IMAGE_SIZE, dtype=model.dtype))
    assert features.pooler_output.shape == (1, IMAGE_TOKENS, model.config.text_config.hidden_size)


def test_it_says_what_it_is(model: Gemma3ForConditionalGeneration):
    assert "demo" in reply(model, "Who are you?")


def test_it_calls_the_calculator(model: Gemma3ForConditionalGeneration):
    call = json.loads(reply(model, "What is 12 * 7?", BUILT_IN_SPECS))
    assert call == {"name": "calculator", "parameters": {"expression": "12 * 7"}}
