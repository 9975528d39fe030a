"""`/v1/completions`, with the official package; and with the embedded model, whose control tokens must count."""

import openai
import pytest
from openai.types.completion_create_params import CompletionCreateParamsBase

from playground.backends.scripted import says
from playground.errors import CallerError
from playground.events import Alternative, TextDelta, TokenDetail
from playground.wire.completions import NO_EFFECT, UNSUPPORTED, CompletionRequest, read_completions


def complete(site, **options):
    return site.openai().completions.create(**{"model": "scripted", "prompt": "Once upon"} | options)


def test_every_field_of_the_official_package_is_honoured_refused_or_reported():
    known = {*CompletionRequest.model_fields, *UNSUPPORTED, *NO_EFFECT}
    assert set(CompletionCreateParamsBase.__annotations__) <= known


def test_a_prompt_goes_on(site):
    backend = site.play(says(" a time"))
    reply = complete(site, echo=True, max_tokens=9)
    assert reply.choices[0].text == "Once upon a time"
    assert (reply.object, reply.choices[0].finish_reason) == ("text_completion", "stop")
    assert (backend.turns[0].raw, backend.turns[0].options.max_tokens) == ("Once upon", 9)


def test_several_prompts_have_several_completions_each(site):
    site.play(*[says(f" {number}") for number in range(4)])
    reply = complete(site, prompt=["a", "b"], n=2, seed=7)
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]


def test_token_ids_are_a_prompt_too(site):
    backend = site.play(says("x"))
    complete(site, prompt=[2, 105, 7])
    assert backend.turns[0].raw == (2, 105, 7)


def test_a_stream_adds_up_with_its_log_probabilities(site):
    site.play([TokenDetail(5, " a", -0.5, (Alternative(6, " no", -1.5),)), TextDelta(" a"), TextDelta(" time")])
    chunks = list(complete(site, stream=True, logprobs=1, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == " a time"
    assert chunks[0].choices[0].logprobs.top_logprobs == [{" no": -1.5}]
    assert chunks[-1].usage is not None


@pytest.mark.parametrize(
    ("wish", "fault"),
    [
        ({"suffix": "end"}, "suffix"),
        ({"best_of": 3}, "best_of"),
        ({"echo": True, "logprobs": 1}, "echo with logprobs"),
        ({"echo": True, "prompt": [1, 2]}, "echo is not supported"),
        ({"prompt": []}, "prompt is empty"),
        ({"prompt": ["a"] * 40}, "more than 32"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(wish, fault):
    with pytest.raises(CallerError, match=fault):
        read_completions({"prompt": "x", **wish})


def test_the_embedded_model_reads_control_tokens_of_a_raw_prompt(embedded_site):
    client = embedded_site.openai()
    prompt = "<start_of_turn>user\nHello!<end_of_turn>\n<start_of_turn>model\n"
    raw = client.completions.create(model="embedded", prompt=prompt, max_tokens=40, temperature=0)
    chat = client.chat.completions.create(
        model="embedded", messages=[{"role": "user", "content": "Hello!"}], max_tokens=40, temperature=0
    )
    assert raw.choices[0].text == chat.choices[0].message.content
    assert raw.usage.prompt_tokens == chat.usage.prompt_tokens
    with pytest.raises(openai.BadRequestError, match="does not exist"):
        client.completions.create(model="embedded", prompt=[2, 10**8])


def test_a_stream_tells_its_seed_and_what_was_ignored(site):
    site.play(says(" a time"))
    chunks = list(complete(site, stream=True, seed=5, extra_body={"wibble": 1}))
    assert chunks[0].warnings == ["wibble is not a field of this endpoint; it was ignored."]
    assert chunks[-1].seed == 5
