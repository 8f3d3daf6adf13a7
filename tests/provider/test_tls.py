"""A provider through TLS: what it sent is told, however its connection ends."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conversations.provider import Delta
from tests.fakes.replies import Reply, chunk
from tests.provider.asking import MESSAGES, streamed


class Provider:
    """Answers with two words, the second once it is told to go on, and then resets the connection."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reply = Reply()
        writer.write(reply.head() + reply.framed(chunk({"content": "first "})))
        await self.goes_on.wait()
        writer.write(reply.framed(chunk({"content": "second"}, finish="stop")))
        await writer.drain()
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server shows that the site trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    shown = tmp_path / "shown.pem"
    shown.write_bytes(certificate + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    trust = ssl.create_default_context(cadata=certificate.decode())
    monkeypatch.setattr("httpcore2.default_ssl_context", lambda **_: trust)  # by which the SDK's client trusts
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown)
    return context


@pytest_asyncio.fixture
async def provider(trusted: ssl.SSLContext, settings: Any) -> AsyncIterator[Provider]:
    made = Provider()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0, ssl=trusted)
    settings.OPENAI_BASE_URL = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    settings.OPENAI_API_KEY, settings.CHAT_MODELS = "key", ["fake-model"]
    yield made
    server.close()


async def test_words_before_a_reset_are_told(provider: Provider) -> None:
    parts = streamed(model="fake-model", messages=MESSAGES, max_tokens=7)
    first = await anext(parts)
    provider.goes_on.set()
    rest = [part.text async for part in parts if isinstance(part, Delta)]

    assert [first.text, *rest] == ["first ", "second"]
