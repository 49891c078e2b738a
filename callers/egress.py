"""Which addresses may be contacted. The operator opens what is not public: by host, or by network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from callers.egress_ranges import Address, Network, carried, kind_of, plain

HOSTS_SETTING = "SWITCHBOARD_ALLOW_HOSTS"
NETWORKS_SETTING = "SWITCHBOARD_ALLOW_NETWORKS"


@dataclass(frozen=True)
class Egress:
    """Public addresses, and what the operator adds to them."""

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    """Names as they are looked up, each with a port or for all ports."""
    networks: tuple[Network, ...] = ()
    proxy: str | None = field(default=None, repr=False)
    """What everything goes through, where the operator wants that: it looks names up then, and decides on them."""

    @classmethod
    def of(cls, hosts: Iterable[str] = (), networks: Iterable[str] = (), proxy: str | None = None) -> Egress:
        """From what people write. Raises ValueError."""
        return cls(frozenset(map(host_of, hosts)), tuple(map(ipaddress.ip_network, networks)), proxy)

    def also(self, *urls: str) -> Egress:
        """With the hosts of addresses that the operator has set: to name one is to allow it, at its port."""
        return replace(self, hosts=self.hosts | {_origin(url) for url in urls})

    def refusal(self, host: str, port: int, address: Address) -> str:
        """Why this address of a host may not be contacted, as the end of a sentence; empty where it may."""
        where = plain(address)
        opened = any(where in network for network in self.networks)
        inside = carried(where)
        if opened:  # a translator that is allowed leads nowhere that is not
            return self.refusal(host, port, inside) if inside is not None else ""
        kind = kind_of(where)
        if kind is None or (kind.by_host and self._knows(host, port)):
            return ""
        cures = [f"{HOSTS_SETTING}='[\"{_shown(host, port)}\"]'"] if kind.by_host else []
        cures.append(f"{NETWORKS_SETTING}='[\"{where}/{where.max_prefixlen}\"]'")
        leads = "it is" if host == str(where) else f"it leads to {address},"
        return f"{leads} {kind.name}. The operator may allow it: {' or '.join(cures)}"

    def _knows(self, host: str, port: int) -> bool:
        name = _plain_name(host)
        return (name, None) in self.hosts or (name, port) in self.hosts


def host_of(written: str) -> tuple[str, int | None]:
    """`name`, `name:port`, an address, or `[v6]:port`, as it will be looked up. Raises ValueError."""
    text = written.strip()
    try:
        return str(ipaddress.ip_address(text)), None
    except ValueError:
        pass
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.netloc != text or "@" in text or any(c.isspace() or c in "*\\" for c in text):
        raise ValueError(f"{written!r} is no host: write it as name or name:port, without a scheme or a path")
    return _looked_up(parts.hostname), parts.port


def _origin(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    return _looked_up(parts.hostname or ""), parts.port or (443 if parts.scheme == "https" else 80)


def _looked_up(host: str) -> str:
    """As it stands in a request: other scripts in their ASCII form."""
    return _plain_name(host if host.isascii() else host.encode("idna").decode("ascii"))


def _plain_name(host: str) -> str:
    return host.lower().rstrip(".")


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
