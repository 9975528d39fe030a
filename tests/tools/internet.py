"""A small internet on loopback: names, public addresses and the servers behind them.

Only the machine's resolver and its connect call are replaced, so every check of the code under test runs as it does
outside: the code sees public addresses, and the bytes go to a server on loopback.
"""

import atexit
import contextlib
import gzip
import socket
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

HOSTS = (
    "page.example",
    "html.duckduckgo.com",
    "search.brave.com",
    "www.mojeek.com",
    "search.yahoo.com",
    "en.wikipedia.org",
)
_authority = trustme.CA()
_certificate = _authority.issue_cert(*HOSTS)
_folder = tempfile.TemporaryDirectory()
atexit.register(_folder.cleanup)
AUTHORITY = Path(_folder.name) / "authority.pem"
"""The certificate of a throw-away authority that vouches for the loopback servers; made anew for each run."""
_authority.cert_pem.write_to_path(AUTHORITY)
PUBLIC = "93.184.216.34"
PUBLIC_V6 = "2606:2800:220:1:248:1893:25c8:1946"


class Internet:
    """`names` are hosts with the answers of each look-up in turn; the last answer is given again. `looked_up` and
    `connected` tell what was asked of the resolver and where connections went."""

    def __init__(self):
        self.names = {}
        self.servers = {}
        self.looked_up = []
        self.connected = []
        self._getaddrinfo = socket.getaddrinfo

    def add(self, host, server, address=PUBLIC, port=80):
        """The host's name leads to the address, and the address to the server."""
        self.names[host] = [[address]]
        self.servers[address, port] = server.server_address

    def getaddrinfo(self, host, port, *args, **kwargs):
        self.looked_up.append(host)
        answers = self.names.get(host)
        if answers is None:
            with contextlib.suppress(socket.gaierror):
                return self._getaddrinfo(host, port, *args, flags=socket.AI_NUMERICHOST, **kwargs)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, addresses, strict=True)
        ]

    def create_connection(self, address, timeout=None, **kwargs):
        self.connected.append(address)
        if address not in self.servers:
            raise ConnectionRefusedError(111, "Connection refused")
        connection = socket.socket()
        connection.settimeout(timeout)
        connection.connect(self.servers[address])
        return connection


class Handler(BaseHTTPRequestHandler):
    """Answers with what the server's `pages` have for the path: a function of this handler, or a body with headers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append(self)
        self.sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pages = self.server.pages
        page = pages if callable(pages) else pages.get(self.path.partition("?")[0], (404, {}, b"nothing here"))
        if callable(page):
            page(self)
        else:
            self.answer(*page)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def answer(self, status, headers, body):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    """`pages` map paths to (status, headers, body) or to functions of the request, or are one such function.

    `requests` are the handlers of what was asked.
    """

    daemon_threads = True

    def __init__(self, pages, *, tls=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = pages
        self.requests = []
        self.server_names = []
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            _certificate.configure_cert(context)
            context.sni_callback = lambda sock, name, context: self.server_names.append(name)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """A client that hung up is part of these tests."""


@contextlib.contextmanager
def serving(pages, *, tls=False):
    """A server on loopback for as long as the block runs."""
    server = Server(pages, tls=tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def html(body, status=200, **headers):
    """A page that is HTML."""
    return (status, {"Content-Type": "text/html; charset=utf-8", **headers}, body)


def redirect(location, status=302):
    """A page that leads elsewhere."""
    return (status, {"Location": location}, b"")


def gzipped(body, media_type="text/plain"):
    """A page that is sent compressed."""
    return (200, {"Content-Type": media_type, "Content-Encoding": "gzip"}, gzip.compress(body))
