"""What an address is: public, or of a kind that no catalog should lead to. Knows ranges, and decides nothing."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Kind:
    """A kind of address that is not public."""

    name: str
    by_host: bool = True
    """Whether to allow the host's name is enough; else the operator must name the network itself."""


TUNNEL = Kind("an IPv6 address that carries an IPv4 one to a translator or tunnel", by_host=False)
OWN = Kind("an address of this machine")
OTHER = Kind("an address that is not public")

_METADATA = Kind("the metadata service of a cloud, which gives out credentials", by_host=False)
_UNSPECIFIED = Kind("no address, which systems take as this machine", by_host=False)
_LINK = Kind("a link-local address", by_host=False)
_MANY = Kind("a multicast or broadcast address", by_host=False)
_LOOPBACK = Kind("this machine itself (loopback)")
_PRIVATE = Kind("a private address")
_SHARED = Kind("a shared address of a provider's network (CGNAT)")
_RESERVED = Kind("an address that is reserved", by_host=False)

# Python's own `is_global` differs between its versions; what stands here does not. The first that fits names the kind.
_RANGES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        _METADATA,
        (
            *("169.254.169.254/32", "169.254.169.253/32", "169.254.170.2/32", "169.254.170.23/32", "169.254.42.42/32"),
            *("168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"),  # Azure, Alibaba, Oracle
            *("fd00:ec2::254/128", "fd00:ec2::23/128", "fd00:ec2::253/128", "fd20:ce::254/128"),  # AWS, Google
        ),
    ),
    (_UNSPECIFIED, ("0.0.0.0/8", "::/128")),
    (_LOOPBACK, ("127.0.0.0/8", "::1/128")),
    (_LINK, ("169.254.0.0/16", "fe80::/10")),
    (_PRIVATE, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    (_SHARED, ("100.64.0.0/10",)),
    (_MANY, ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")),
    (
        _RESERVED,
        (
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("240.0.0.0/4", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16"),
        ),
    ),
)
_TABLE: tuple[tuple[Network, Kind], ...] = tuple(
    (ipaddress.ip_network(written), kind) for kind, ranges in _RANGES for written in ranges
)

_MAPPED = IPv6Network("::ffff:0:0/96")
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_6TO4 = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def plain(address: Address) -> Address:
    """Without a scope, and an IPv4 address in IPv6 clothes (mapped, or the older compatible form) as what it is."""
    if isinstance(address, IPv4Address):
        return address
    bare = IPv6Address(int(address))
    if bare in _MAPPED or (bare in _COMPATIBLE and int(bare) > 1):
        return _last(bare)
    return bare


def carried(address: Address) -> IPv4Address | None:
    """The IPv4 address that a translator or a tunnel would hand this one on to; None: it is no such address."""
    if isinstance(address, IPv4Address):
        return None
    number = int(address)
    if address in _NAT64 or address in _NAT64_LOCAL or address in _TRANSLATED:
        return _last(address)
    if address in _6TO4:
        return IPv4Address((number >> 80) & 0xFFFFFFFF)
    if address in _TEREDO:
        return IPv4Address((number & 0xFFFFFFFF) ^ 0xFFFFFFFF)
    return _last(address) if (number >> 32) & 0xFFFFFFFF in _ISATAP else None


def _last(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)


def kind_of(address: Address) -> Kind | None:
    """None: it is public."""
    if carried(address) is not None:
        return TUNNEL
    for network, kind in _TABLE:
        if address in network:
            return kind
    if address.is_multicast or not address.is_global:
        return OTHER
    return OWN if is_own(address) else None


def is_own(address: Address) -> bool:
    """A public address may be our own. The system sends what is for itself from that very address; nothing is sent."""
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect((str(address), 9))
        except OSError:  # no way leads there
            return False
        return ipaddress.ip_address(probe.getsockname()[0].partition("%")[0]) == address
