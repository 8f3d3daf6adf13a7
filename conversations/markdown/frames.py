"""Messages over a stream socket: four bytes of length, then so many bytes."""

import socket
import struct
import time

_LENGTH = struct.Struct(">I")


def send(peer: socket.socket, payload: bytes, *, until: float | None = None) -> None:
    """Send one message before `until` (of `time.monotonic`); raises TimeoutError, or OSError when the peer is gone."""
    peer.settimeout(_left(until))
    peer.sendall(_LENGTH.pack(len(payload)) + payload)


def receive(peer: socket.socket, *, until: float | None = None) -> bytes:
    """Wait for one message until `until`; raises TimeoutError, or EOFError or OSError when the peer is gone."""
    (length,) = _LENGTH.unpack(_exactly(peer, _LENGTH.size, until=until))
    return bytes(_exactly(peer, length, until=until))


def _exactly(peer: socket.socket, size: int, *, until: float | None) -> bytearray:
    data = bytearray(size)
    filled = 0
    while filled < size:
        peer.settimeout(_left(until))
        count = peer.recv_into(memoryview(data)[filled:])
        if not count:
            raise EOFError
        filled += count
    return data


def _left(until: float | None) -> float | None:
    if until is None:
        return None
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
