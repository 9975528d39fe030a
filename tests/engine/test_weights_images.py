"""Images become the tensors that the checkpoint's own processor makes, without torchvision."""

import io
import json
import threading

import numpy as np
import PIL.Image
import pytest
import torch
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

from playground.engine.checkpoint import read_checkpoint
from playground.engine.image_inputs import ImageInputMaker, ImageTokens, image_tokens
from playground.engine.weights import load
from playground.errors import ModelUnavailable
from playground.images import from_picture
from tests.engine.tiny_checkpoints import save

GEMMA3 = {
    "image_processor_type": "Gemma3ImageProcessor",
    "processor_class": "Gemma3Processor",
    "do_convert_rgb": None,
    "do_normalize": True,
    "do_pan_and_scan": None,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_seq_length": 256,
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
    "rescale_factor": 1 / 255,
    "size": {"height": 896, "width": 896},
}
"""As the hub's preprocessor_config.json of Gemma 3 4B has it."""


def picture(width, height):
    pixels = np.random.default_rng(width).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return PIL.Image.fromarray(pixels)


def maker(model_type, folder, **files):
    save(model_type, folder)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return ImageInputMaker(read_checkpoint(folder))


def test_gemma_3_pixels_equal_those_of_its_own_processor(tmp_path):
    ours = maker("gemma3", tmp_path, preprocessor_config=GEMMA3).make(from_picture(picture(300, 200)))
    known = {key: value for key, value in GEMMA3.items() if not key.endswith(("_type", "_class")) and value is not None}
    theirs = Gemma3ImageProcessorPil(**known)(picture(300, 200), return_tensors="pt")
    assert ours.tensors["pixel_values"].shape == (1, 3, 896, 896)
    torch.testing.assert_close(ours.tensors["pixel_values"], theirs["pixel_values"], rtol=0, atol=0)


def test_gemma_3_without_processor_settings_follows_its_vision_tower(tmp_path):
    inputs = maker("gemma3", tmp_path).make(from_picture(PIL.Image.new("RGB", (90, 30), "white")))
    assert inputs.tensors["pixel_values"].shape == (1, 3, 56, 56)
    assert inputs.tensors["pixel_values"].unique().tolist() == [1.0]
    assert inputs.length == 4


@pytest.mark.parametrize("size", [(896, 896), (1024, 768), (1920, 1080), (50, 2000), (2048, 1), (1, 1)])
@pytest.mark.parametrize("budget", [70, 280])
def test_gemma_4_patches_equal_those_of_its_own_processor(size, budget, tmp_path):
    settings = {"image_processor": {"image_processor_type": "Gemma4ImageProcessor", "max_soft_tokens": budget}}
    ours = maker("gemma4", tmp_path, processor_config=settings).make(from_picture(picture(*size)))
    theirs = Gemma4ImageProcessorPil(max_soft_tokens=budget)(
        PIL.Image.open(io.BytesIO(from_picture(picture(*size)).data)), return_tensors="pt"
    )
    assert set(ours.tensors) == {"pixel_values", "image_position_ids"}
    for name, tensor in ours.tensors.items():
        torch.testing.assert_close(tensor, theirs[name], rtol=0, atol=0)
    assert ours.length == int(theirs["num_soft_tokens_per_image"][0]) <= budget


def test_gemma_4_lengths_are_the_published_ones(tmp_path):
    make = maker("gemma4", tmp_path).make
    lengths = [make(from_picture(picture(*size))).length for size in ((896, 896), (1024, 768), (1920, 1080))]
    assert lengths == [256, 266, 264]


@pytest.mark.parametrize("model_type", ["gemma3", "gemma4"])
@pytest.mark.parametrize("size", [(64, 64), (400, 90)])
def test_the_vision_tower_gives_as_many_vectors_as_promised(model_type, size, tmp_path):
    save(model_type, tmp_path)
    loaded = load(tmp_path, device="cpu", dtype="float32")
    inputs = loaded.image_inputs.make(from_picture(picture(*size)))
    with torch.no_grad():
        features = loaded.model.get_image_features(**inputs.tensors).pooler_output[0]
    assert features.shape == (inputs.length, 32)


def test_text_models_take_no_images(tmp_path):
    save("gemma3_text", tmp_path)
    loaded = load(tmp_path, device="cpu")
    assert loaded.image_inputs is None
    assert loaded.image_tokens is None


def test_equal_images_have_equal_digests_and_other_settings_others(tmp_path):
    image, other = from_picture(picture(64, 64)), from_picture(picture(65, 64))
    plain = maker("gemma4", tmp_path / "a")
    small = maker("gemma4", tmp_path / "b", processor_config={"image_processor": {"max_soft_tokens": 70}})
    assert plain.make(image).digest == plain.make(image).digest
    assert len({plain.make(image).digest, plain.make(other).digest, small.make(image).digest}) == 3


def test_an_image_that_comes_again_is_not_processed_again(tmp_path):
    make = maker("gemma3", tmp_path).make
    assert make(from_picture(picture(30, 30))) is make(from_picture(picture(30, 30)))


def test_images_are_made_in_several_threads(tmp_path):
    make = maker("gemma3", tmp_path).make
    found = {}

    def work(n):
        found[n] = make(from_picture(PIL.Image.new("RGB", (20, 20), (n * 20, 0, 0)))).tensors["pixel_values"][
            0, 0, 0, 0
        ]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [round(float(found[n]), 3) for n in range(8)] == [round(n * 20 / 127.5 - 1, 3) for n in range(8)]


def test_settings_that_make_no_sense_are_refused(tmp_path):
    save("gemma4", tmp_path)
    (tmp_path / "processor_config.json").write_text('{"image_processor": {"max_soft_tokens": 3}}')
    with pytest.raises(ModelUnavailable, match=r"image settings .* not understood .*max_soft_tokens"):
        ImageInputMaker(read_checkpoint(tmp_path))


def test_tokens_come_from_the_config_or_are_the_familys():
    assert image_tokens({"model_type": "gemma3"}) == ImageTokens(255_999, 262_144, 256_000)
    assert image_tokens({"model_type": "gemma4"}) == ImageTokens(255_999, 258_880, 258_882)
    assert image_tokens({"model_type": "gemma3", "boi_token_index": 5, "image_token_id": 6}).begin == 5


@pytest.mark.parametrize("model_type", ["gemma3", "gemma4"])
def test_the_view_is_what_the_tower_gets(model_type, tmp_path):
    made = maker(model_type, tmp_path)
    image = from_picture(picture(96, 48))
    view = made.view(image)
    with PIL.Image.open(io.BytesIO(view.data)) as shown:
        again = np.asarray(shown.convert("RGB")).transpose(2, 0, 1) / 255
    pixels = made.make(image).tensors["pixel_values"][0].numpy()
    if model_type == "gemma3":
        np.testing.assert_allclose((again - 0.5) / 0.5, pixels, atol=0.01)
        return
    columns, positions = view.width // 16, made.make(image).tensors["image_position_ids"][0].numpy()
    for patch, (x, y) in zip(pixels, positions, strict=True):
        if x >= 0:
            square = again[:, 16 * y : 16 * y + 16, 16 * x : 16 * x + 16].transpose(1, 2, 0)
            np.testing.assert_allclose(square.reshape(-1), patch, atol=0.01)
    assert positions[:, 0].max() + 1 == columns


def test_pan_and_scan_crops_are_those_of_the_processor(tmp_path):
    """Sizes: see gemma-3's published behaviour, 2 crops at 2:1, 4 at 6:1, none at 1:1; Gemma 4 has none."""
    made = maker("gemma3", tmp_path / "3", preprocessor_config=GEMMA3)
    counts = [len(made.crops(from_picture(picture(*size)))) for size in ((1600, 800), (2000, 330), (896, 896))]
    assert counts == [2, 4, 0]
    assert maker("gemma4", tmp_path / "4").crops(from_picture(picture(1600, 800))) == ()
    assert (made.budget, maker("gemma4", tmp_path / "b").budget) == (4, 280)
