"""Pages become readable text with their title and address, whatever their encoding, size and shape."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.internet import html, redirect, serving
from tools.text_encoding import decode, is_binary
from tools.tool import CallContext, ToolError
from tools.web_page import fetch_page

ARTICLE = """<!DOCTYPE html><html><head><title>Blue
 whales</title><script>var secret = 1</script></head><body>
<nav><a href="/">Home</a> <a href="/about">About</a></nav>
<article><h1>Blue whales</h1><p>The blue whale is the largest animal known to have lived. It feeds on krill alone.</p>
<h2>Size</h2><p>An adult can be thirty metres long, and weighs as much as thirty elephants.</p>
<ul><li>Heart: 180 kg</li><li>Call: 188 decibels</li></ul>
<table><tr><th>Sea</th><th>Count</th></tr><tr><td>South</td><td>2300</td></tr></table></article>
<style>p { color: red }</style><footer>Cookie settings</footer></body></html>"""


def read(internet, answer, url="http://page.example/a"):
    with serving({"/a": answer, "/inside": redirect("http://192.168.0.1/router")}) as server:
        internet.add("page.example", server)
        return fetch_page().run({"url": url}, CallContext())


def test_an_article_becomes_markdown_with_title_and_address_and_without_the_rest(internet):
    output = read(internet, html(ARTICLE))
    assert output.text.startswith("Title: Blue whales\nURL: http://page.example/a\n\n")
    for kept in ("## Size", "largest animal", "- Heart: 180 kg", "| South | 2300 |"):
        assert kept in output.text
    for left_out in ("secret", "color: red", "<p>"):
        assert left_out not in output.text
    assert output.untrusted
    (source,) = output.citations
    assert (source.title, source.url) == ("Blue whales", "http://page.example/a")
    assert "largest animal" in source.snippet


def test_an_address_without_a_scheme_is_read_over_https(internet):
    with pytest.raises(ToolError, match="There is no host 'unknown.example'".replace(".", r"\.")):
        read(internet, html(""), url="unknown.example/a")
    with pytest.raises(ToolError, match=r"https://page\.example/a cannot be read: .*refused"):
        read(internet, html(""), url="page.example/a")


def test_a_page_that_leads_to_a_private_address_is_refused(internet):
    with pytest.raises(ToolError, match="not on the public internet"):
        read(internet, html(""), url="http://page.example/inside")


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("text/html; charset=iso-8859-1", "<p>Grüße aus Köln</p>".encode("latin-1")),
        ("text/html", "<meta charset='windows-1252'><p>Grüße aus Köln</p>".encode("cp1252")),
        ("text/html", "<meta content='text/html; charset=iso-8859-15'><p>Grüße aus Köln".encode("latin-1")),
        ("text/html", "<p>Grüße aus Köln</p>".encode()),
        ("text/html; charset=utf-8", "<p>Grüße aus Köln</p>".encode("utf-16")),
        ("text/html; charset=no-such-thing", "<p>Grüße aus Köln</p>".encode()),
        ("text/html; charset=hex", "<p>Grüße aus Köln</p>".encode()),
        ("application/xhtml+xml", '<?xml version="1.0" encoding="utf-8"?><html><p>Grüße aus Köln</p></html>'.encode()),
        ("text/plain", "Grüße aus Köln, schöne Größe, überall Übermut".encode("cp1252")),
        ("", "<html><p>Grüße aus Köln".encode()),
    ],
)  # fmt: skip
def test_the_encoding_is_found(header, body, internet):
    assert "Grüße aus Köln" in read(internet, (200, {"Content-Type": header} if header else {}, body)).text


def test_plain_text_and_json_are_given_as_they_are(internet):
    assert read(internet, (200, {"Content-Type": "text/plain"}, "a\n  b <p>")).text.endswith("\n\na\n  b <p>")
    assert read(internet, (200, {"Content-Type": "application/json"}, '{"a": [1]}')).text.endswith('{"a": [1]}')


@pytest.mark.parametrize("media_type", ["application/pdf", "image/png", "video/mp4", "application/octet-stream"])
def test_what_is_no_text_is_refused_by_name(media_type, internet):
    with pytest.raises(ToolError, match=f"is {media_type}, which is not supported"):
        read(internet, (200, {"Content-Type": media_type}, b"%PDF-1.7"))


@pytest.mark.parametrize(
    ("status", "said"), [(404, r"answered 404 \(Not Found\)"), (503, "answered 503"), (599, "599")]
)
def test_an_error_of_the_server_is_told(status, said, internet):
    with pytest.raises(ToolError, match=said):
        read(internet, html("<p>An error page with some text.</p>", status))


@pytest.mark.parametrize("body", ["", "   ", "<html><body><script>render()</script></body></html>", "<!-- -->", "\x00"])
def test_a_page_without_text_says_so(body, internet):
    with pytest.raises(ToolError, match="has no readable text"):
        read(internet, html(body))


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 20_000 + "<p>deep text</p>",
        "<li>item</li>" * 50_000,
        "<p>word</p>" * 50_000,
        "<table><tr>" + "<td>cell</td>" * 50_000,
        "<b>" * 30_000 + "bold",
        "<a " + "x=1 " * 200_000 + ">link</a> text",
        "&#0;&#xD800;<p>odd characters</p>\x0b",
        "<p>" + "word " * 500_000,
    ],
    ids=["deep", "items", "paragraphs", "cells", "nested", "attributes", "characters", "long"],
)
def test_a_page_made_to_be_slow_or_odd_is_read_in_seconds(body, internet):
    started = time.monotonic()
    try:
        text = read(internet, html(body)).text
    except ToolError as error:
        text = str(error)
    assert time.monotonic() - started < 10
    assert len(text) < 101_000


def test_a_long_page_is_cut_and_says_that_it_goes_on(internet):
    text = read(internet, html("<p>A sentence that stands here.</p>" * 20_000)).text
    assert text.endswith("(The page goes on.)")


def test_a_page_beyond_the_size_limit_is_refused(internet):
    with pytest.raises(ToolError, match="larger than 5 MB"):
        read(internet, html("x" * 5_100_000))


@given(
    st.text().filter(lambda text: not text.startswith("\0")),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_text_in_any_unicode_encoding_comes_back(text, encoding):
    written = text.encode(encoding)
    assert decode(written) == (text if encoding != "utf-8" else text.removeprefix("\ufeff"))


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=12)))
def test_any_bytes_are_decoded_without_an_error(data, declared):
    assert isinstance(decode(data, declared), str)


def test_binary_files_are_told_from_text():
    assert is_binary(b"\x89PNG\r\n\x1a\n\x00\x00")
    assert is_binary(bytes(range(256)))
    assert not is_binary("Grüße\t\r\n\x1b[0m".encode("cp1252"))
    assert not is_binary("Grüße".encode("utf-16"))
    assert not is_binary(b"")
