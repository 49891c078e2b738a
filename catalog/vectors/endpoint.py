"""Vectors from any OpenAI-compatible endpoint: bounded in size and time, no redirects, no proxies but those given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import httpx2

from catalog.errors import EgressDenied, EmbeddingFailed
from catalog.vectors.embedder import Vectors, checked

LIMIT_BYTES = 64_000_000  # a batch of 64 vectors of 4,096 numbers is 6 MB
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
PAUSES_SECONDS = (0.5, 2.0)


class EndpointEmbedder:
    """Keeps `Embedder`."""

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str | None,
        seconds: float = 60.0,
        pauses: Sequence[float] = PAUSES_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`seconds`: for one request, whatever drips. `pauses`: before it is tried once more where that may help."""
        self._url = f"{base_url.rstrip('/')}/embeddings"
        self._model = model
        self._seconds = seconds
        self._pauses = pauses
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # Timeouts of the client are of one read each: the deadline is ours.
        self._client = httpx2.AsyncClient(transport=transport, headers=headers, timeout=seconds, trust_env=False)
        self._host = httpx2.URL(base_url).host

    @property
    def name(self) -> str:
        return f"{self._host}/{self._model}"

    async def embed(self, texts: Sequence[str]) -> Vectors:
        for pause in self._pauses:
            try:
                return await self._asked(texts)
            except _Transient:
                await asyncio.sleep(pause)
        return await self._asked(texts)

    async def close(self) -> None:
        await self._client.aclose()

    async def _asked(self, texts: Sequence[str]) -> Vectors:
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        try:
            async with asyncio.timeout(self._seconds), self._client.stream("POST", self._url, json=body) as response:
                status, content = response.status_code, await self._read(response)
        except TimeoutError:
            raise _Transient(self._host, f"no complete answer within {self._seconds:g} s") from None
        except EgressDenied as error:
            raise EmbeddingFailed(self._host, error.reason) from None
        except httpx2.HTTPError as error:
            raise _Transient(self._host, str(error) or type(error).__name__) from None
        if status in TRANSIENT:
            raise _Transient(self._host, f"it answered with status {status}")
        if status != 200:
            raise EmbeddingFailed(self._host, f"it answered with status {status}; check the model, the URL and the key")
        return checked(self._rows(content), len(texts), where=self._host)

    async def _read(self, response: httpx2.Response) -> bytes:
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > LIMIT_BYTES:
                raise EmbeddingFailed(self._host, f"its answer is larger than {LIMIT_BYTES} bytes")
        return bytes(content)

    def _rows(self, content: bytes) -> list[object]:
        try:
            data = json.loads(content)["data"]
            return [each["embedding"] for each in sorted(data, key=lambda each: each["index"])]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise EmbeddingFailed(self._host, "its answer is no list of embeddings as OpenAI gives it") from None


class _Transient(EmbeddingFailed):
    """The same request may succeed a little later."""
