"""URLs that lead where a catalog must not lead, in all the clothes that are known to have fooled somebody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

GOOD = "127.0.0.2"
"""Where the server listens that may be contacted; everything else of this machine is the canary's."""

NAMES: Mapping[str, Sequence[Sequence[str]]] = {
    "localhost": (("127.0.0.1", "::1"),),
    "localhost.localdomain": (("127.0.0.1",),),
    "ip6-localhost": (("::1",),),
    "anything.localhost": (("127.0.0.1",),),
    "127.0.0.1.names.test": (("127.0.0.1",),),
    "loopback.names.test": (("127.0.0.1",),),
    "zero.names.test": (("0.0.0.0",),),  # noqa: S104 - nothing is bound
    "six.names.test": (("::1",),),
    "mapped.names.test": (("::ffff:127.0.0.1",),),
    "compatible.names.test": (("::127.0.0.1",),),
    "private.names.test": (("10.0.0.1",), ("192.168.0.1",)),
    "nat64.names.test": (("64:ff9b::7f00:1",),),
    "6to4.names.test": (("2002:7f00:1::",),),
    "teredo.names.test": (("2001:0:0:0:0:0:80ff:fffe",),),
    "scoped.names.test": (("fe80::1%lo",),),
    "metadata.google.internal": (("169.254.169.254",),),
    "instance-data.ec2.internal": (("169.254.169.254",),),
    "azure.names.test": (("168.63.129.16",),),
    "nonsense.names.test": (("not an address",),),
    "many.names.test": (("10.0.0.1", "127.0.0.1", "::1", "169.254.169.254"),),
}
"""What our own resolver answers, time after time; the last answer stays. Other names are unknown."""

REBINDING: Mapping[str, Sequence[Sequence[str]]] = {
    "rebinds.test": ((GOOD,), ("127.0.0.1",)),
    "rebinds-late.test": ((GOOD,), (GOOD,), (GOOD,), ("127.0.0.1",)),
    "rebinds-to-six.test": ((GOOD,), ("::1",)),
    "rebinds-to-metadata.test": ((GOOD,), ("169.254.169.254",)),
    "both.test": ((GOOD, "127.0.0.1"),),
    "both-turned.test": (("127.0.0.1", GOOD), ("127.0.0.1",)),
}
"""Names that lead to the good server at first, or also: they may be contacted, but there only."""


@dataclass(frozen=True)
class Trick:
    """One URL, and the clothes it wears."""

    kind: str
    url: str

    @property
    def is_numeric(self) -> bool:
        """Whether it needs no resolver of ours."""
        return self.kind not in ("name", "parsing", "userinfo")


def tricks(port: int) -> Iterator[Trick]:
    """All of them, at the canary's port."""
    for host in _LOOPBACK:
        yield Trick("loopback", f"http://{host}:{port}/")
    for host in _SIX:
        yield Trick("IPv6", f"http://[{host}]:{port}/")
    for host in _METADATA:
        yield Trick("metadata", f"http://{host}:{port}/latest/meta-data/")
    for host in _PRIVATE:
        yield Trick("private", f"http://{host}:{port}/")
    for host in NAMES:
        yield Trick("name", f"http://{host}:{port}/")
    for url in _USERINFO:
        yield Trick("userinfo", url.format(port=port))
    for url in _PARSING:
        yield Trick("parsing", url.format(port=port))
    for url in _SCHEMES:
        yield Trick("scheme", url.format(port=port))


_LOOPBACK = (
    *("127.0.0.1", "127.1", "127.0.1", "127.000.000.001", "0127.0.0.1", "0177.0.0.1", "0177.0.0.01", "0177.1"),
    *("0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "0x7F.1", "0x7f000001", "0X7F000001", "0x007f000001", "2130706433"),
    *("017700000001", "0000177.0.0.1", "127.0x1", "127.0.0.1.", "127.1.", "127.0.0.3", "127.127.127.127"),
    *("127.255.255.254", "0", "0.0.0.0", "0.0", "0x0", "00", "0.0.0.0.", "000.000.000.000"),  # noqa: S104 - no server
    *(
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "127．0．0．1",
        "127｡0｡0｡1",
        "127%2e0%2e0%2e1",
        "%31%32%37.0.0.1",
    ),
    *(
        "127.0.0.1%20",
        "127.0.0.1%2e",
        "LOCALHOST",
        "LocalHost",
        "localhost.",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "ｌｏｃａｌｈｏｓｔ",
        "%6c%6fcalhost",
    ),
    *("loc\u00adalhost", "l\u200bocalhost", "4294967297", "-2130706433", "1e1", "127.0.0.0x1", "0b01111111.0.0.1"),
)
_SIX = (
    *("::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::0001", "::1%25lo", "::1%lo", "::"),
    *("::ffff:127.0.0.1", "::FFFF:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:0001", "::ffff:0.0.0.0"),
    *("::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::127.0.0.1"),
    *("64:ff9b:1:ffff:ffff::7f00:1", "2002:7f00:1::", "2002:7f00:0001::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
    *("2001::7f00:1", "fe80::1", "fe80::1%25lo", "fe80::7f00:1", "febf::1", "fec0::1", "fc00::1", "fd00::1"),
    *("fdff:ffff:ffff::1", "ff01::1", "ff02::1", "ff0e::1", "2001:db8::1", "100::1", "3fff::1", "5f00::1"),
    *("2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1", "::ffff:10.0.0.1", "::ffff:192.168.1.1"),
    *("64:ff9b::10.0.0.1", "2002:a00:1::", "::ffff:100.64.0.1", "::ffff:224.0.0.1", "::10.0.0.1", "v1.fe80", "::1::"),
)
_METADATA = (
    *("169.254.169.254", "169.254.43518", "169.16689662", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE"),
    *("0251.0376.0251.0376", "0251.254.169.254", "0xa9.254.0251.254", "025177524776", "169.254.169.254."),
    *("0000251.0000376.0000251.0000376", "１６９.２５４.１６９.２５４", "169。254。169。254", "169%2e254%2e169%2e254"),
    *("[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]"),
    *("[::169.254.169.254]", "[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]", "169.254.170.2", "169.254.170.23"),
    *("168.63.129.16", "100.100.100.200", "192.0.0.192", "169.254.42.42", "169.254.169.253", "2822734096"),
)
_PRIVATE = (
    *("10.0.0.1", "10.1", "167772161", "012.0.0.1", "0xa.1", "10.255.255.255", "172.16.0.1", "172.31.255.254"),
    *("192.168.0.1", "192.168.1", "3232235521", "0xc0a80001", "0300.0250.0.1", "100.64.0.1", "100.127.255.254"),
    *("198.18.0.1", "198.19.255.254", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "4294967295", "0.1.2.3", "169.254.0.1"),
)
_USERINFO = (
    "http://public.test@127.0.0.1:{port}/",
    "http://public.test:80@127.0.0.1:{port}/",
    "http://user:password@127.0.0.1:{port}/",
    "http://public.test%40127.0.0.1:{port}/",
    "http://public.test%2f@127.0.0.1:{port}/",
    "http://public.test%23@127.0.0.1:{port}/",
    "http://@127.0.0.1:{port}/",
    "http://:@127.0.0.1:{port}/",
    "http://a@b@127.0.0.1:{port}/",
    "http://public.test\\@127.0.0.1:{port}/",
    "http://[::1]@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@127.0.0.1:{port}/",
)
_PARSING = (
    "http://127.0.0.1:{port}\\@public.test/",
    "http://127.0.0.1:{port}#@public.test/",
    "http://127.0.0.1:{port}?@public.test/",
    "http://127.0.0.1:{port};public.test/",
    "http://127.0.0.1:{port}:80/",
    "http://public.test:80:127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http:////127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}/",
    "http:/\\127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "///127.0.0.1:{port}/",
    "\\\\127.0.0.1:{port}/",
    "/\\127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port} /",
    "http://127.0.0.1:{port}\t/",
    "ht\ntp://127.0.0.1:{port}/",
    "http://127.0.0\t.1:{port}/",
    "http://127.0.0.1\r\n:{port}/",
    "http://127.0.0.1%0d%0a:{port}/",
    "http://127.0.0.1%00.public.test:{port}/",
    "http://127.0.0.1\x00.public.test:{port}/",
    "http://public.test%00@127.0.0.1:{port}/",
    "http://127.0.0.1%23.public.test:{port}/",
    "http://127.0.0.1%5c.public.test:{port}/",
    "http://[127.0.0.1]:{port}/",
    "http://[localhost]:{port}/",
    "http://[::ffff:127.0.0.1:{port}/",
    "http://127.0.0.1:0{port}/",
    "http://127.0.0.1:+{port}/",
    "http://127.0.0.1:{port}.0/",
    "http://.127.0.0.1:{port}/",
    "http://127..0.0.1:{port}/",
    "http://{{host}}@127.0.0.1:{port}/",
    "http://${{x}}127.0.0.1:{port}/",
)
_SCHEMES = (
    "HTTP://127.0.0.1:{port}/",
    "hTTp://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "HTTPS://0x7f000001:{port}/",
    "ws://127.0.0.1:{port}/",
    "wss://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET%20/",
    "dict://127.0.0.1:{port}/info",
    "ldap://127.0.0.1:{port}/",
    "tftp://127.0.0.1:{port}/x",
    "sftp://127.0.0.1:{port}/",
    "smb://127.0.0.1:{port}/",
    "jar:http://127.0.0.1:{port}!/",
    "http+unix://%2fvar%2frun%2fdocker.sock/info",
    "unix:///var/run/docker.sock",
    "file:///etc/passwd",
    "file://127.0.0.1:{port}/etc/passwd",
    "data:text/plain,hello",
    "javascript:fetch('http://127.0.0.1:{port}/')",
    "view-source:http://127.0.0.1:{port}/",
    "netdoc:///etc/passwd",
)
