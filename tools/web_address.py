"""Take a web address apart, once, refusing every spelling that two readers could understand differently."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna

from tools.tool import ToolError

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL_CHARS = 8192


class FetchError(ToolError):
    """A download was refused or failed; the text says why, and is fit for the model and for people."""


@dataclass(frozen=True)
class Target:
    """The parts of an address. `path` includes the query; `url` is all of it in its usual spelling."""

    scheme: str
    host: str
    port: int
    path: str
    url: str

    @property
    def netloc(self) -> str:
        """The host as the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str, *, any_port: bool = False) -> Target:
    """The address taken apart once; all later steps use these parts and never read the text again.

    Raises: FetchError for anything but a plain http(s) address, so that no two readers can understand it differently.
    """
    if len(url) > MAX_URL_CHARS:
        raise FetchError(f"The address has {len(url)} characters; {MAX_URL_CHARS} is the most.")
    if re.search(r"[\x00-\x20\x7f\\\ud800-\udfff]", url := url.strip()):
        raise FetchError(f"{url[:200]!r} has spaces, backslashes or control characters, which no web address has.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FetchError(f"{url[:200]!r} is no web address: {error}.") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise FetchError(f"{url[:200]!r} does not start with http:// or https://.")
    if "@" in parts.netloc:
        raise FetchError(
            "An address with a user name or password in it is not fetched; remove what stands before the @."
        )
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port < 1024 and port not in DEFAULT_PORTS.values() and not any_port:
        raise FetchError(f"Port {port} is not one that web pages use; 80, 443 and those from 1024 are allowed.")
    host = _host(parts.hostname or "", url)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?[]')}" if parts.query else ""
    target = Target(parts.scheme, host, port, path + query, "")
    return Target(parts.scheme, host, port, path + query, f"{parts.scheme}://{target.netloc}{path}{query}")


def _host(written: str, url: str) -> str:
    """The host in ASCII: a name, or an address in its one usual spelling.

    Raises: FetchError for others: 2130706433, 0x7f.1 and 127.1 are all 127.0.0.1 to some resolvers.
    """
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        pass
    try:
        host = idna.encode(written.rstrip("."), uts46=True).decode() if not written.isascii() else written.rstrip(".")
    except idna.IDNAError as error:
        raise FetchError(f"{written!r} is no host name: {error}.") from error
    if re.fullmatch(r"(\d+|0x[0-9a-f]*)", host.rsplit(".", 1)[-1]):
        raise FetchError(f"{written!r} is an unusual spelling of an address; write it as four numbers with points.")
    if not re.fullmatch(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", host):
        raise FetchError(f"{url[:200]!r} has no valid host name.")
    return host
