"""Pictures by URL, in the shape of each API: no address leads to this machine or its networks, nor does a redirect."""

import io
import socket
from urllib.parse import urlsplit

import httpx
import PIL.Image
import pytest

from playground.backends.scripted import says
from tests.tools.internet import PUBLIC, Internet, redirect, serving

PRIVATE = (
    "http://127.0.0.1:9/x.png",
    "http://localhost/x.png",
    "https://10.0.0.7/x.png",
    "http://192.168.1.1/x.png",
    "http://[::1]/x.png",
    "http://169.254.169.254/latest/meta-data/",
    "http://2130706433/x.png",
)


def png():
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return 200, {"Content-Type": "image/png"}, file.getvalue()


def chat(url):
    return {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]}


def messages(url):
    image = {"type": "image", "source": {"type": "url", "url": url}}
    return {"max_tokens": 9, "messages": [{"role": "user", "content": [image]}]}


def responses(url):
    return {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]}


APIS = {"/v1/chat/completions": chat, "/v1/messages": messages, "/v1/responses": responses}


@pytest.fixture
def internet(monkeypatch, site):
    """Holds the public server of a test, and the API itself."""
    fake = Internet()
    api = "127.0.0.1", urlsplit(site.url).port
    fake.servers[api] = api
    monkeypatch.setattr(socket, "getaddrinfo", fake.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", fake.create_connection)
    return fake


def refused(site, path, url):
    """The error, after a look at its shape; the same for a reply and for a stream."""
    for stream in (False, True):
        answer = httpx.post(site.url + path, json=APIS[path](url) | {"stream": stream})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
        body = answer.json()
        assert body["error"]["type"] == "invalid_request_error"
        if path == "/v1/messages":
            assert body["type"] == "error"
        else:
            assert body["error"]["code"] == "bad_image"
    return body["error"]["message"]


@pytest.mark.parametrize("path", APIS)
def test_an_address_of_this_machine_or_its_networks_is_refused(site, internet, path):
    for url in PRIVATE:
        message = refused(site, path, url)
        assert message.startswith(f"The image at {url} cannot be fetched"), url
    assert {address for address in internet.connected if address[0] != "127.0.0.1"} == set()
    assert {port for _, port in internet.connected} == {urlsplit(site.url).port}


@pytest.mark.parametrize("path", APIS)
def test_a_redirect_to_one_is_refused_and_nothing_asked_there(site, internet, path):
    with serving({"/secret.png": png()}) as inside:
        pages = {f"/{number}.png": redirect(url) for number, url in enumerate((f"{inside.url}/secret.png", *PRIVATE))}
        with serving(pages) as outside:
            internet.add("pictures.example", outside)
            for name in pages:
                message = refused(site, path, f"http://pictures.example{name}")
                assert message.startswith(f"The image at http://pictures.example{name} cannot be fetched")
            assert len(outside.requests) == 2 * len(pages)
        assert inside.requests == []


@pytest.mark.parametrize("path", APIS)
def test_a_public_one_is_fetched(site, internet, path):
    with serving({"/a.png": redirect("/b.png"), "/b.png": png()}) as outside:
        internet.add("pictures.example", outside)
        backend = site.play(says("Red."))
        answer = httpx.post(site.url + path, json=APIS[path]("http://pictures.example/a.png"))
    assert answer.status_code == 200
    (image,) = backend.turns[0].messages[0].images
    assert (image.width, image.height) == (8, 8)
    assert (PUBLIC, 80) in internet.connected
