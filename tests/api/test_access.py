"""Who may come in: keys, limits, origins, sizes; and slots that are free again when a client leaves."""

import json
import threading

import httpx
import openai
import pytest

from playground.api.access import Access, Key, hashed
from playground.api.failures import NotAuthorised, TooMany
from playground.api.key_file import main, read_keys
from playground.backends.scripted import Pause, says
from playground.errors import CallerError, Overloaded
from playground.events import Failed
from playground.settings import Settings
from tests.api.conftest import serving

HELLO = [{"role": "user", "content": "Hello"}]


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def test_a_key_s_requests_in_a_minute_are_counted():
    now = [0.0]
    access = Access([Key("k", hashed("one"), requests_per_minute=2)], clock=lambda: now[0])
    access.enter(bearer("one"))
    now[0] = 30.0
    access.enter({"x-api-key": "one"})
    with pytest.raises(TooMany, match="2 requests a minute; wait 30 s") as full:
        access.enter(bearer("one"))
    assert full.value.retry_after_s == 30
    now[0] = 61.0
    access.enter(bearer("one"))


def test_a_key_s_requests_at_a_time_are_limited_and_a_place_is_given_back_once():
    access = Access([Key("k", hashed("one"), concurrent=1), Key("l", hashed("two"))])
    lease = access.enter(bearer("one"))
    access.enter(bearer("two"))
    with pytest.raises(TooMany, match="1 requests running"):
        access.enter(bearer("one"))
    lease.release()
    lease.release()
    access.enter(bearer("one"))
    with pytest.raises(TooMany):
        access.enter(bearer("one"))


@pytest.mark.parametrize("headers", [{}, bearer("three"), {"authorization": "Basic one"}, {"x-api-key": ""}])
def test_nothing_but_a_key_opens(headers):
    with pytest.raises(NotAuthorised):
        Access([Key("k", hashed("one"))]).enter(headers)


def test_the_command_makes_a_file_that_opens_the_api_and_holds_no_key(tmp_path, capsys):
    path = tmp_path / "keys.json"
    assert main([str(path), "add", "anna", "--requests-per-minute", "5", "--concurrent", "1"]) == 0
    key = capsys.readouterr().out.splitlines()[0]
    assert key not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert [(one.name, one.requests_per_minute, one.concurrent) for one in read_keys(path)] == [("anna", 5, 1)]
    assert main([str(path), "add", "anna"]) == 1
    assert main([str(path), "list"]) == 0
    assert "anna: 5 requests a minute, 1 at a time" in capsys.readouterr().out
    with serving(Settings(api_keys_file=str(path))) as site:
        assert httpx.get(f"{site.url}/v1/models").status_code == 401
        codes = [httpx.get(f"{site.url}/v1/models", headers=bearer(key)).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    assert main([str(path), "remove", "anna"]) == 0
    with pytest.raises(CallerError, match="holds no key"):
        read_keys(path)


def test_a_file_that_is_none_is_refused_before_anything_is_served(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [{"name": "x", "sha256": "short"}]}))
    with pytest.raises(CallerError, match="cannot be used"), serving(Settings(api_keys_file=str(path))):
        pass


def test_a_full_queue_says_when_to_come_back_also_to_a_stream(site):
    for stream in (False, True):
        site.play([Failed(Overloaded("32 requests are waiting already."))])
        with pytest.raises(openai.RateLimitError) as full:
            site.openai().chat.completions.create(model="scripted", messages=HELLO, stream=stream)
        assert int(full.value.response.headers["retry-after"]) >= 1


def test_fifty_megabytes_are_too_much(site):
    body = b'{"messages": "' + b"x" * 50_000_000 + b'"}'
    for path in ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/completions"):
        answer = httpx.post(site.url + path, content=body, timeout=60)
        assert (answer.status_code, "longer than" in answer.text) == (413, True), path


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b'{"n": NaN}', b"[" * 100_000, b'{"a": ' * 500 + b"1" + b"}" * 500]
)
def test_what_is_no_json_is_refused_in_each_api_s_shape(site, body):
    for path in ("chat/completions", "responses", "completions"):
        answer = httpx.post(f"{site.url}/v1/{path}", content=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")
    answer = httpx.post(f"{site.url}/v1/messages", content=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.fixture(scope="module")
def shared_site():
    with serving(Settings(cors_origin=("https://app.example",))) as site:
        yield site


@pytest.mark.parametrize(
    ("origin", "status", "allowed"),
    [
        ("https://app.example", 200, "https://app.example"),
        ("https://evil.example", 403, None),
        ("null", 403, None),
        (None, 200, None),
    ],
)
def test_pages_of_other_origins_may_call_only_where_they_are_named(shared_site, origin, status, allowed):
    headers = {"origin": origin} if origin else {}
    answer = httpx.get(f"{shared_site.url}/v1/models", headers=headers)
    assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (status, allowed)
    assert "access-control-allow-credentials" not in answer.headers


def test_the_server_s_own_pages_and_preflights_pass(shared_site):
    own = httpx.get(f"{shared_site.url}/v1/models", headers={"origin": shared_site.url})
    assert own.status_code == 200
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    asked["access-control-request-headers"] = "authorization"
    answer = httpx.options(f"{shared_site.url}/v1/chat/completions", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://app.example")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": HELLO}),
        ("/v1/messages", {"messages": HELLO, "max_tokens": 9}),
        ("/v1/responses", {"input": "Hello"}),
        ("/v1/completions", {"prompt": "Hello"}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_frees_its_slot(site, path, body, stream):
    begun, ended = threading.Event(), threading.Event()

    def script(turn):
        try:
            begun.set()
            while True:
                yield from says("more ")
                yield Pause(0.02)
        finally:
            ended.set()

    site.play(script)
    with httpx.Client(timeout=20) as client:
        if stream:
            with client.stream("POST", site.url + path, json={**body, "stream": True}) as answer:
                next(answer.iter_lines())
        else:
            with pytest.raises(httpx.TimeoutException):
                client.post(site.url + path, json=body, timeout=0.5)
    assert begun.is_set()
    assert ended.wait(20), "the reply went on after its client had left"
