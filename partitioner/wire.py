"""Messages between the parent process and a worker: each 4 bytes of length and MessagePack."""

from typing import IO

import msgspec

_LENGTH_BYTES = 4

_encode = msgspec.msgpack.Encoder().encode


def send(stream: IO[bytes], message: msgspec.Struct) -> None:
    data = _encode(message)
    stream.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Empty where the other side has ended."""
    length = int.from_bytes(stream.read(_LENGTH_BYTES), "big")
    data = stream.read(length)
    return data if len(data) == length else b""
