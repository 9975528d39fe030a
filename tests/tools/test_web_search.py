"""Search works through the real ddgs against engines on loopback, and says plainly when engines refuse or break."""

import threading
import time

import pytest

from tests.tools.internet import AUTHORITY, serving
from tests.tools.search_engines import brave, duckduckgo, engines, form, mojeek, page
from tools.ddgs_search import ENGINE_ORDER, DdgsSearch
from tools.searxng_search import SearxngSearch
from tools.tool import CallContext, Citation, ToolError
from tools.web_search import show, web_search

HITS = [
    ("Gemma: open models", "https://ai.google.dev/gemma", "Gemma is a family of <b>open models</b> &amp; tools."),
    ("Gemma (crater)", "https://moon.example/gemma?x=1", "A crater."),
    ("Gemma, the star", "https://stars.example/gemma", "Alphecca is also called Gemma."),
]
RATE_LIMIT = page("Unfortunately, bots use DuckDuckGo too.", 202)


def search(server, query="gemma models", names=("duckduckgo", "brave", "mojeek"), **arguments):
    provider = DdgsSearch(names, proxy=server.proxy.url, verify=str(AUTHORITY), engine_s=1)
    return web_search(provider).run({"query": query, **arguments}, CallContext())


def test_results_are_numbered_with_title_address_and_snippet_and_cited():
    with engines(duckduckgo=duckduckgo(HITS)) as server:
        output = search(server)
    assert output.text == (
        "[1] Gemma: open models — https://ai.google.dev/gemma — Gemma is a family of open models & tools.\n"
        "[2] Gemma (crater) — https://moon.example/gemma?x=1 — A crater.\n"
        "[3] Gemma, the star — https://stars.example/gemma — Alphecca is also called Gemma."
    )
    assert output.citations[1] == Citation("Gemma (crater)", "https://moon.example/gemma?x=1", "A crater.")
    assert output.untrusted


def test_the_engine_is_asked_as_ddgs_asks_it():
    with engines(duckduckgo=duckduckgo(HITS)) as server:
        search(server, query="  gemma \n models ")
    (request,) = server.requests
    assert (request.command, request.path) == ("POST", "/html/")
    assert form(request) == {"q": "gemma models", "b": "", "l": "us-en"}
    assert server.proxy.asked == ["html.duckduckgo.com"]


def test_no_more_results_come_than_were_asked_for():
    with engines(duckduckgo=duckduckgo(HITS)) as server:
        assert len(search(server, max_results=2).citations) == 2


@pytest.mark.parametrize("status", [202, 403, 429])
def test_when_an_engine_limits_its_rate_the_next_one_is_asked(status):
    with engines(duckduckgo=page("slow down", status), brave=brave(HITS[:1])) as server:
        output = search(server)
    assert output.citations[0].url == "https://ai.google.dev/gemma"
    assert server.proxy.asked == ["html.duckduckgo.com", "search.brave.com"]


def test_a_rate_limit_everywhere_is_called_one_and_says_what_to_do():
    with (
        engines(duckduckgo=RATE_LIMIT, brave=page("", 429), mojeek=page("", 403)) as server,
        pytest.raises(ToolError) as caught,
    ):
        search(server)
    assert str(caught.value) == (
        "Web search does not work right now: duckduckgo limits how often it may be asked (HTTP 202); "
        "brave limits how often it may be asked (HTTP 429); mojeek limits how often it may be asked (HTTP 403). "
        "Tell the user; try again in a minute, or set PLAYGROUND_SEARXNG_URL to use a SearXNG server."
    )


def test_a_search_that_finds_nothing_is_told_apart_from_a_refusal():
    nothing = page('<div class="no-results">No results.</div>')
    said = r"^No results for 'zxqv'\. Try other or fewer words\.$"
    with engines(duckduckgo=nothing, brave=nothing, mojeek=mojeek([])) as server, pytest.raises(ToolError, match=said):
        search(server, query="zxqv")


GARBAGE = {
    "empty": (200, {"Content-Type": "text/html"}, b""),
    "noise": (200, {"Content-Type": "text/html"}, bytes(range(256)) * 50),
    "json": (200, {"Content-Type": "application/json"}, b'{"error": true'),
    "open tags": page("<div class='body'>" * 500),
    "wrong length": (200, {"Content-Length": "5000"}, b"<html>"),
    "damaged": (200, {"Content-Encoding": "gzip"}, b"not gzip"),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_from_one_engine_does_not_stop_the_next(kind):
    def answer(request):
        request.close_connection = True
        request.answer(*GARBAGE[kind])

    with engines(duckduckgo=answer, brave=brave(HITS[:1])) as server:
        assert search(server).citations[0].title == HITS[0][0]


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_from_every_engine_is_an_explained_error(kind):
    def answer(request):
        request.close_connection = True
        request.answer(*GARBAGE[kind])

    with (
        engines(duckduckgo=answer, wikipedia=answer) as server,
        pytest.raises(
            ToolError, match=r"No results for|does not work right now: (duckduckgo|wikipedia) could not be read"
        ),
    ):
        search(server, names=("duckduckgo", "wikipedia"))


def test_an_engine_that_is_slow_is_left_for_the_next():
    def slow(request):
        time.sleep(1.5)

    with engines(duckduckgo=slow, brave=brave(HITS[:1])) as server:
        assert search(server).citations
    said = "duckduckgo did not answer within 1 seconds"
    with engines(duckduckgo=slow) as server, pytest.raises(ToolError, match=said):
        search(server, names=("duckduckgo",))


def test_an_engine_that_is_down_says_so():
    with engines() as server, pytest.raises(ToolError, match="duckduckgo could not be read"):
        search(server, names=("duckduckgo",))


def test_a_search_that_is_stopped_asks_no_further_engine():
    context = CallContext()

    def stop(request):
        context.cancelled.set()
        request.answer(*RATE_LIMIT)

    with engines(duckduckgo=stop, brave=brave(HITS)) as server:
        provider = DdgsSearch(("duckduckgo", "brave"), proxy=server.proxy.url, verify=str(AUTHORITY))
        with pytest.raises(ToolError):
            web_search(provider).run({"query": "x"}, context)
    assert server.proxy.asked == ["html.duckduckgo.com"]


def test_an_untrusted_certificate_is_not_accepted():
    with engines(duckduckgo=duckduckgo(HITS)) as server:
        provider = DdgsSearch(("duckduckgo",), proxy=server.proxy.url)
        with pytest.raises(ToolError, match="could not be read"):
            web_search(provider).run({"query": "x"}, CallContext())


def test_wikipedia_answers_with_an_articles_beginning():
    def api(request):
        fields = form(request)
        if fields["action"] == "opensearch":
            request.answer(200, {}, '["gemma", ["Gemma"], [""], ["https://en.wikipedia.org/wiki/Gemma"]]')
        else:
            request.answer(200, {}, '{"query": {"pages": {"1": {"extract": "Gemma is a name. %s"}}}}' % ("x " * 500))

    with engines(wikipedia=api) as server:
        (hit,) = search(server, names=("wikipedia",)).citations
    assert (hit.title, hit.url) == ("Gemma", "https://en.wikipedia.org/wiki/Gemma")
    assert hit.snippet.startswith("Gemma is a name. x x")
    assert len(hit.snippet) <= 300


def test_ddgs_still_has_the_engines_that_are_asked_by_default():
    DdgsSearch(ENGINE_ORDER)
    with pytest.raises(ValueError, match="No search engine is called"):
        DdgsSearch(("altavista",))


@pytest.mark.parametrize(("query", "said"), [("  ", "The query is empty"), ("x" * 401, "The query has 401 characters")])
def test_a_query_that_cannot_be_asked_is_explained(query, said):
    with engines() as server, pytest.raises(ToolError, match=said):
        search(server, query=query)
    assert server.proxy.asked == []


def test_results_that_lead_nowhere_or_twice_to_one_page_are_left_out():
    hits = [
        ("a", "javascript:alert(1)", ""),
        ("b", "https://b.example/", ""),
        ("b again", "https://b.example/", ""),
        *HITS[:1],
    ]
    with engines(duckduckgo=duckduckgo(hits)) as server:
        assert [hit.url for hit in search(server).citations] == ["https://b.example/", "https://ai.google.dev/gemma"]


def test_a_result_without_a_snippet_leaves_no_empty_place():
    assert show([Citation("A", "https://a.example/")]) == "[1] A — https://a.example/"


SEARXNG = (
    b'{"query": "q", "results": [{"title": "A\\n page", "url": "https://a.example/", "content": "About a."},'
    b' {"url": "https://b.example/", "title": "B", "content": null}], "unresponsive_engines": []}'
)


def searxng(answer):
    with serving({"/base/search": answer}) as server:
        output = web_search(SearxngSearch(f"{server.url}/base/", timeout_s=1)).run({"query": "a & b"}, CallContext())
        return server, output


def test_searxng_is_asked_for_json_and_its_results_are_shown():
    server, output = searxng((200, {}, SEARXNG))
    assert output.text == "[1] A page — https://a.example/ — About a.\n[2] B — https://b.example/"
    assert form(server.requests[0]) == {"q": "a & b", "format": "json"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((403, {}, b"forbidden"), r"gives no JSON. Its owner must add `json` to `search\.formats`"),
        ((429, {}, b""), "limits how often it may be asked"),
        ((502, {}, b""), "answered with HTTP 502"),
        ((200, {}, b"<html>Welcome</html>"), "did not answer as a SearXNG server does"),
        ((200, {}, b'{"results": 5}'), "did not answer as a SearXNG server does"),
        ((200, {}, b'{"results": [null]}'), "did not answer as a SearXNG server does"),
        ((200, {}, b'{"results": []}'), "No results for 'a & b'"),
        (lambda request: time.sleep(1.3), r"did not finish within 1 seconds"),
    ],
)
def test_what_searxng_answers_wrongly_is_explained(answer, said):
    with pytest.raises(ToolError, match=said):
        searxng(answer)


def test_a_search_ends_with_the_threads_it_started():
    before = threading.active_count()
    with engines(duckduckgo=duckduckgo(HITS)) as server:
        search(server)
    deadline = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
