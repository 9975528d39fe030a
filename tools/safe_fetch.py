"""Download from an address that somebody else chose, without reaching what only this machine can reach.

Everything that fetches a URL goes through here: images by URL, web pages, tool endpoints, SearXNG. A host is resolved
once and the connection goes to that very address, so a name cannot change between the check and the connection. Each
redirect is checked as the first address was. Proxies of the environment are not used: they would resolve names anew.
Not covered: what a public server does with the request.
"""

from __future__ import annotations

import ssl
import threading
import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpcore

from tools.pinned_connection import Clock, PinnedBackend, tls_context
from tools.web_address import FetchError, Target, parse

CHUNK_BYTES = 65_536
USER_AGENT = "Mozilla/5.0 (compatible; gemma-playground)"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a download may take. `media_types` are those allowed, `text/` standing for all of its kind; none: all."""

    max_bytes: int = 5_000_000
    timeout_s: float = 20.0
    max_redirects: int = 5
    media_types: Collection[str] = ()
    allow_private: bool = False
    """Let addresses of this machine and its networks be reached; never link-local ones or metadata services."""


@dataclass(frozen=True)
class Fetched:
    """What came back. `url` is the last one after redirects; `media_type` is lower case without parameters."""

    url: str
    status: int
    media_type: str
    charset: str | None
    body: bytes = field(repr=False)


def safe_fetch(
    url: str,
    limits: Limits = Limits(),
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    cancel: threading.Event | None = None,
) -> Fetched:
    """The resource at `url`, whatever its status. With a `body` it is a POST, which follows no redirect.

    `headers` go to the first origin only.

    Raises: FetchError when the address is not allowed, the server does not answer rightly, or a limit is exceeded.
    """
    deadline = time.monotonic() + limits.timeout_s
    sent = dict(headers or {})
    target = parse(url, any_port=limits.allow_private)
    for _ in range(limits.max_redirects + 1):
        clock = Clock(deadline, cancel, limits.timeout_s)
        answer = _request(target, limits, clock, body, sent)
        if isinstance(answer, Fetched):
            return answer
        if body is not None:
            raise FetchError(f"{target.url} redirects to {answer}. Use that address, if it is the right one.")
        following = parse(urljoin(target.url, answer), any_port=limits.allow_private)
        if (following.scheme, following.netloc) != (target.scheme, target.netloc):
            sent = {}
        target = following
    raise FetchError(f"{url} redirects more than {limits.max_redirects} times.")


def _request(
    target: Target, limits: Limits, clock: Clock, body: bytes | None, headers: Mapping[str, str]
) -> Fetched | str:
    """One request: the answer, or the address that it redirects to."""
    fields = {
        "Host": target.netloc,
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "gzip",
        **headers,
    }
    if body is not None:
        fields["Content-Length"] = str(len(body))
    address = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    backend = PinnedBackend(clock, allow_private=limits.allow_private)
    # One request, one connection: nothing is shared between requests that could mix up their checks.
    with httpcore.ConnectionPool(
        ssl_context=tls_context() if target.scheme == "https" else None, network_backend=backend
    ) as pool:
        try:
            with pool.stream(
                "GET" if body is None else "POST", address, headers=list(fields.items()), content=body
            ) as response:
                return _read(target, response, limits, clock)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError) as error:
            reason = str(error) or type(error).__name__
            raise FetchError(f"{target.url} cannot be read: {reason}. Check the address, or try later.") from error


def _read(target: Target, response: httpcore.Response, limits: Limits, clock: Clock) -> Fetched | str:
    headers = {name.decode("ascii").lower(): value.decode("utf-8", "replace") for name, value in response.headers}
    if response.status in {301, 302, 303, 307, 308} and "location" in headers:
        return headers["location"]
    media_type, charset = _content_type(headers.get("content-type", ""))
    if response.status < 400 and limits.media_types and not _is_allowed(media_type, limits.media_types):
        allowed = ", ".join(sorted(filter(None, limits.media_types)))
        raise FetchError(f"{target.url} is {media_type or 'of no stated type'}, which is not supported; {allowed} are.")
    if headers.get("content-length", "").isdigit() and int(headers["content-length"]) > limits.max_bytes:
        raise _too_large(target, limits)
    content = bytearray()
    for piece in _decoded(response.iter_stream(), headers.get("content-encoding", "identity"), target):
        content += piece
        clock.check()
        if len(content) > limits.max_bytes:
            raise _too_large(target, limits)
    return Fetched(target.url, response.status, media_type, charset, bytes(content))


def _too_large(target: Target, limits: Limits) -> FetchError:
    return FetchError(f"{target.url} is larger than {limits.max_bytes / 1e6:g} MB, the most that is read.")


def _decoded(chunks: Iterable[bytes], encoding: str, target: Target) -> Iterator[bytes]:
    """The body without its compression, in pieces of bounded size: a small body cannot unfold to gigabytes at once."""
    match encoding.strip().lower():
        case "identity" | "":
            yield from chunks
            return
        case "gzip" | "x-gzip":
            unfold = zlib.decompressobj(zlib.MAX_WBITS | 16)
        case other:
            raise FetchError(f"{target.url} is compressed as {other!r}, which was not asked for and cannot be read.")
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                yield unfold.decompress(rest, CHUNK_BYTES)
                rest = unfold.unconsumed_tail
        yield unfold.flush()
    except zlib.error as error:
        raise FetchError(f"{target.url} sent damaged compressed data.") from error


def _content_type(header: str) -> tuple[str, str | None]:
    media_type, *parameters = header.split(";")
    found = [
        value for key, _, value in (item.partition("=") for item in parameters) if key.strip().lower() == "charset"
    ]
    return media_type.strip().lower(), found[0].strip().strip("\"'").lower() if found else None


def _is_allowed(media_type: str, allowed: Collection[str]) -> bool:
    return any(media_type.startswith(kind) if kind.endswith("/") else media_type == kind for kind in allowed)
