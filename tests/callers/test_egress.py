"""Only what the operator allows is contacted: decided on the address, at the moment of connecting."""

from __future__ import annotations

import ast
import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx2
import pytest
import trustme

from callers.egress import Egress, host_of
from callers.egress_ranges import is_own
from callers.egress_transport import GuardedTransport
from catalog.errors import EgressDenied
from evals.faults.raw_server import RawServer, raw_server

ROOT = Path(__file__).parents[2]
OPENS_CONNECTIONS = ("Client", "Transport", ".get", ".post", ".put", ".request", ".stream", ".urlopen", "Session")
REFUSED = (
    *("127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *("169.254.1.1", "0.0.0.1", "0.1.2.3", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "198.18.0.1"),
    *("192.0.0.8", "192.0.2.1", "198.51.100.7", "203.0.113.9", "192.88.99.1"),
    *("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
    *("::", "::1", "fe80::1", "fe80::1%lo", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "fd00:ec2::254"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001::1"),
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "::ffff:0:127.0.0.1", "2606:4700::5efe:10.0.0.1"),
    *("2001:db8::1", "3fff::1", "100::1", "5f00::1", "2001:2::1"),
)
PUBLIC = (
    *("8.8.8.8", "1.1.1.1", "93.184.215.14", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "11.0.0.1"),
    *("2606:4700::1111", "2a00:1450:4001:80e::200e", "::ffff:8.8.8.8", "::8.8.8.8"),
)


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    refusal = Egress().refusal("name.test", 443, ipaddress.ip_address(address))
    assert refusal.startswith(f"it leads to {ipaddress.ip_address(address)}, ")
    assert "SWITCHBOARD_ALLOW_NETWORKS" in refusal


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_allowed(address: str) -> None:
    assert Egress().refusal("name.test", 443, ipaddress.ip_address(address)) == ""


@pytest.mark.parametrize("address", REFUSED)
def test_a_network_that_the_operator_allows_is_allowed_unless_it_carries_on_to_another(address: str) -> None:
    allowed = Egress.of(networks=["0.0.0.0/0", "::/0"])
    assert allowed.refusal("name.test", 443, ipaddress.ip_address(address)) == ""
    six = Egress.of(networks=["::/0"])
    leads_to_four = ipaddress.ip_address(address).version == 4 or address in (
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "::ffff:0:127.0.0.1", "2606:4700::5efe:10.0.0.1"),
        *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    )
    assert (six.refusal("name.test", 443, ipaddress.ip_address(address)) != "") == leads_to_four


@pytest.mark.parametrize(
    ("written", "host", "port", "allowed"),
    [
        ("localhost", "localhost", 80, True),
        ("LOCALHOST.", "localhost", 80, True),
        ("localhost:8080", "localhost", 8080, True),
        ("localhost:80", "localhost", 80, True),
        ("localhost:8080", "localhost", 8081, False),
        ("localhost", "localhost.evil.test", 80, False),
        ("127.0.0.1", "127.0.0.1", 1, True),
        ("127.0.0.1", "2130706433", 1, False),
        ("[::1]:9000", "::1", 9000, True),
        ("::1", "::1", 9000, True),
        ("bücher.test", "xn--bcher-kva.test", 80, True),
    ],
)
def test_a_host_is_allowed_by_its_name(written: str, host: str, port: int, allowed: bool) -> None:
    refusal = Egress.of(hosts=[written]).refusal(host, port, ipaddress.ip_address("127.0.0.1"))
    assert (refusal == "") == allowed


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.1", "224.0.0.1", "fe80::1", "64:ff9b::a00:1"])
def test_a_name_that_is_allowed_never_leads_to_what_nobody_would_name(address: str) -> None:
    refusal = Egress.of(hosts=["name.test"]).refusal("name.test", 80, ipaddress.ip_address(address))
    assert "SWITCHBOARD_ALLOW_HOSTS" not in refusal
    assert "SWITCHBOARD_ALLOW_NETWORKS" in refusal


@pytest.mark.parametrize("written", ["", "http://x.test", "x.test/path", "a b", "*.x.test", "u@x.test", "x.test:99999"])
def test_what_is_no_host_is_refused_as_a_setting(written: str) -> None:
    with pytest.raises(ValueError, match=r"no host|Port"):
        host_of(written)


def test_an_address_of_this_machine_is_known_as_such() -> None:
    assert is_own(ipaddress.ip_address("127.0.0.1"))
    assert not is_own(ipaddress.ip_address("203.0.113.9"))


class Names:
    """Looks names up in a list of answers, and says how often it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest.fixture
async def canary() -> AsyncIterator[RawServer]:
    async with raw_server() as served:
        yield served


async def get(transport: GuardedTransport, url: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=transport, trust_env=False, timeout=5) as client:
        return await client.get(url)


async def test_a_name_that_leads_to_this_machine_is_refused_before_any_connection(canary: RawServer) -> None:
    with pytest.raises(EgressDenied, match=r"127\.0\.0\.1.*SWITCHBOARD_ALLOW_HOSTS=.*name\.test") as caught:
        await get(GuardedTransport(Egress(), resolver=Names(["127.0.0.1"])), f"http://name.test:{canary.port}/")
    assert (caught.value.host, canary.connections) == ("name.test", 0)


async def test_what_was_decided_on_is_what_is_connected_to(canary: RawServer) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    transport = GuardedTransport(Egress.of(networks=["127.0.0.0/8"]), resolver=names)
    response = await get(transport, f"http://name.test:{canary.port}/")
    assert (response.status_code, names.asked) == (200, 1)
    assert canary.arrived[0].header("host") == [f"name.test:{canary.port}"]


async def test_of_several_addresses_only_those_that_are_allowed_are_tried(canary: RawServer) -> None:
    names = Names(["10.0.0.1", "127.0.0.2", "127.0.0.1"])
    transport = GuardedTransport(Egress.of(networks=["127.0.0.1/32", "127.0.0.2/32"]), resolver=names)
    response = await get(transport, f"http://name.test:{canary.port}/")  # nothing listens on the first allowed one
    assert (response.status_code, canary.connections) == (200, 1)


async def test_a_name_that_nobody_knows_is_no_connection() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    for resolver in (unknown, Names([])):
        with pytest.raises(httpx2.ConnectError):
            await get(GuardedTransport(Egress(), resolver=resolver), "http://name.test/")


async def test_a_name_that_takes_too_long_to_look_up_is_a_timeout() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    async with httpx2.AsyncClient(
        transport=GuardedTransport(Egress(), resolver=never), trust_env=False, timeout=0.05
    ) as client:
        with pytest.raises(httpx2.ConnectTimeout):
            await client.get("http://name.test/")


async def test_a_certificate_is_held_against_the_name_and_not_the_address() -> None:
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context = ssl.create_default_context()
    authority = trustme.CA()
    authority.issue_cert("upstream.test").configure_cert(serving)
    authority.configure_trust(context)
    served = RawServer("127.0.0.1")
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0, ssl=serving)
    port = server.sockets[0].getsockname()[1]
    egress = Egress.of(networks=["127.0.0.0/8"])
    async with server:
        right = GuardedTransport(egress, resolver=Names(["127.0.0.1"]), context=context)
        assert (await get(right, f"https://upstream.test:{port}/")).status_code == 200
        for other in ("other.test", "127.0.0.1"):
            wrong = GuardedTransport(egress, resolver=Names(["127.0.0.1"]), context=context)
            with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await get(wrong, f"https://{other}:{port}/")


async def test_a_proxy_that_is_set_is_used_and_addresses_are_still_decided_here(canary: RawServer) -> None:
    egress = Egress.of(proxy=canary.url)
    assert (await get(GuardedTransport(egress), "http://name.test/x?y=1")).status_code == 200
    assert canary.arrived[0].target == "http://name.test/x?y=1"
    for refused in ("http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://localhost/", "http://[::1]/"):
        with pytest.raises(EgressDenied):
            await get(GuardedTransport(egress), refused)
    assert len(canary.arrived) == 1


async def test_a_proxy_of_the_environment_is_not_used(canary: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, canary.url)
    with pytest.raises(httpx2.ConnectError):
        await get(GuardedTransport(Egress(), resolver=Names([])), "http://name.test/")
    assert canary.connections == 0


def test_no_client_of_the_service_has_another_way_out() -> None:
    """The door's own command line asks the service itself, at an address that a person typed."""
    rooms = ("catalog", "reasoners", "callers", "nodes", "graph", "api")
    strays = []
    for path in (path for room in rooms for path in (ROOT / room).rglob("*.py") if path.name != "doors.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            given = {word.arg: ast.unparse(word.value) for word in call.keywords}
            guarded = name == "httpx2.AsyncClient" and "transport" in given and given.get("trust_env") == "False"
            if name.startswith(("httpx2.", "httpx.", "requests.", "urllib.request.", "aiohttp.")) and not guarded:
                strays += [f"{path.relative_to(ROOT)}:{call.lineno}: {name}"] * name.endswith(OPENS_CONNECTIONS)
    assert strays == []
