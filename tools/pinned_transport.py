"""The rules of `safe_fetch` for libraries that speak HTTP by themselves: checked addresses only, and bounded answers.

Each request's host is looked up once and the request goes to that very address; TLS still proves the host's name.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2

from tools.pinned_connection import checked_addresses, tls_context
from tools.web_address import DEFAULT_PORTS, FetchError, parse


class PinnedTransport(httpx2.AsyncBaseTransport):
    """A transport for `httpx2.AsyncClient`. Proxies of the environment are not used: they would look hosts up anew."""

    def __init__(self, *, allow_private: bool, max_bytes: int) -> None:
        self._allow_private = allow_private
        self._max_bytes = max_bytes
        self._inner = httpx2.AsyncHTTPTransport(verify=tls_context(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, its body no longer than allowed.

        Raises: FetchError when the address is not allowed or the body is too long; what httpx2 raises.
        """
        url = request.url
        parse(str(url), any_port=self._allow_private)
        port = url.port or DEFAULT_PORTS[url.scheme]
        addresses = await asyncio.to_thread(checked_addresses, url.host, port, allow_private=self._allow_private)
        for number, address in enumerate(addresses):
            pinned = httpx2.Request(
                request.method,
                url.copy_with(host=str(address)),
                headers=request.headers,  # the Host header among them
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": url.host},
            )
            try:
                response = await self._inner.handle_async_request(pinned)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
                continue
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = _Bounded(response.stream, self._max_bytes)
            return response
        raise FetchError(f"There is no host {url.host!r}. Check the address.")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends with an error where it becomes too long."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            size += len(piece)
            if size > self._most:
                raise httpx2.ReadError(f"the answer is larger than {self._most / 1e6:g} MB, the most that is read")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
