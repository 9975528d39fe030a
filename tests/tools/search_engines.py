"""Search engines on loopback, reached through a proxy as ddgs lets one be set: its requests and parsing are its own.

The pages have the structure of the real ones, as far as ddgs reads it.
"""

import contextlib
import html
import socket
import threading
import urllib.parse

from tests.tools.internet import serving


def duckduckgo(hits):
    """A result page of html.duckduckgo.com."""
    rows = "".join(
        f"""<div class="result results_links results_links_deep web-result">
          <div class="links_main links_deep result__body">
            <h2 class="result__title"><a rel="nofollow" class="result__a" href="{url}">{html.escape(title)}</a></h2>
            <div class="result__extras"><a class="result__url" href="{url}">{url}</a></div>
            <a class="result__snippet" href="{url}">{snippet}</a>
          </div></div>"""
        for title, url, snippet in hits
    )
    return page(f"<div id='links' class='results'>{rows}</div>")


def brave(hits):
    """A result page of search.brave.com."""
    rows = "".join(
        f"""<div class="snippet" data-type="web">
          <a href="{url}"><div class="title search-snippet-title">{title}</div></a>
          <div class="generic-snippet snippet"><div class="content">{snippet}</div></div></div>"""
        for title, url, snippet in hits
    )
    return page(rows)


def mojeek(hits):
    """A result page of www.mojeek.com."""
    rows = "".join(
        f'<li><h2><a class="title" href="{url}">{title}</a></h2><p class="s">{snippet}</p></li>'
        for title, url, snippet in hits
    )
    return page(f'<ul class="results-standard">{rows}</ul>')


def page(body, status=200):
    """An HTML answer."""
    return (status, {"Content-Type": "text/html; charset=utf-8"}, f"<!DOCTYPE html><html><body>{body}</body></html>")


class Proxy(threading.Thread):
    """Takes CONNECT requests and joins each to the one server that plays all hosts. `asked` lists the hosts."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self._target = server.server_address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked = []

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def close(self):
        self._listener.close()

    def _join(self, client):
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.asked.append(head.split()[1].decode().partition(":")[0])
            with socket.create_connection(self._target) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
                back.start()
                self._pump(client, server)
                back.join()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while block := source.recv(65_536):
                sink.sendall(block)
            sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def engines(**answers):
    """The engines named answer with these pages: a page, or a function of the request. Others are down."""
    hosts = {
        "duckduckgo": "html.duckduckgo.com",
        "brave": "search.brave.com",
        "mojeek": "www.mojeek.com",
        "yahoo": "search.yahoo.com",
        "wikipedia": "en.wikipedia.org",
    }
    by_host = {hosts[name]: answer for name, answer in answers.items()}

    def dispatch(request):
        answer = by_host.get(request.headers["Host"])
        if callable(answer):
            answer(request)
        elif answer is None:
            request.close_connection = True
        else:
            request.answer(*answer)

    with serving(dispatch, tls=True) as server:
        proxy = Proxy(server)
        proxy.start()
        server.proxy = proxy
        try:
            yield server
        finally:
            proxy.close()


def form(request):
    """The fields that a request sends, in its query or its body."""
    text = request.sent.decode() if request.command == "POST" else urllib.parse.urlsplit(request.path).query
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
