"""Unpacks what comes packed, never further than a limit: a few kilobytes may hold gigabytes, given out at once."""

from __future__ import annotations

import zlib

GZIP = 31  # zlib's word for its own window size with a gzip header
MAGIC = b"\x1f\x8b"


class Unpacking:
    """One gzip stream, maybe of several members. What stands behind the last one is passed over, as by browsers."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._member = zlib.decompressobj(GZIP)
        self.content = bytearray()

    @property
    def is_whole(self) -> bool:
        """Whether the last member came to its end."""
        return self._member.eof

    def take(self, part: bytes) -> bool:
        """Unpack what arrived. False: it is more than the limit, and no more is taken. Raises zlib.error."""
        while part:
            if self._member.eof:
                if not part.startswith(MAGIC):
                    return True
                self._member = zlib.decompressobj(GZIP)
            self.content += self._member.decompress(part, self._limit_bytes + 1 - len(self.content))
            if len(self.content) > self._limit_bytes:
                return False
            part = self._member.unused_data or self._member.unconsumed_tail
        return True
