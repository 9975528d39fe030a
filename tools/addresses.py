"""Which internet addresses a fetch may connect to."""

from __future__ import annotations

import ipaddress
import socket
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""All that the public internet uses. Python's `is_global` also says yes to old and future blocks outside of it."""
_NOT_PUBLIC_V6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_PROTOCOLS_V4 = ipaddress.IPv4Network("192.0.0.0/24")
_CARRIES_V4 = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
"""IPv4-mapped, NAT64 and 6to4 blocks, each with how far right the IPv4 address is to be shifted, in bits."""

_NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            "169.254.0.0/16",
            "fe80::/10",
            "fd00:ec2::/32",
            "100.100.100.200/32",
            "192.0.0.192/32",
            "224.0.0.0/4",
            "ff00::/8",
        ),
    )
)
"""Link-local and multicast addresses, and cloud machines' metadata services, which hand out credentials: no setting
opens these."""


def is_public(address: Address) -> bool:
    """Whether the address is on the public internet. An address that carries another is judged by the inner one."""
    if isinstance(address, ipaddress.IPv4Address):
        special = address.is_multicast or address.is_reserved or address in _PROTOCOLS_V4
        return address.is_global and not special
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    return address in _GLOBAL_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def is_forbidden(address: Address) -> bool:
    """Whether the address must not be reached even when private addresses may."""
    if isinstance(address, ipaddress.IPv6Address) and (inner := _inner(address)) is not None:
        return is_forbidden(inner)
    return any(address in network for network in _NEVER if network.version == address.version)


def look_up(host: str, port: int) -> list[Address]:
    """The host's addresses, as the machine's resolver orders them.

    Raises: OSError when it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # An address with a zone ("fe80::1%eth0") is link-local: the part before the zone says so.
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    for network, shift in _CARRIES_V4:
        if address in network:
            return ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None
