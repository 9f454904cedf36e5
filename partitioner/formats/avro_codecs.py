"""How blocks of Avro are compressed.

https://avro.apache.org/docs/1.12.0/specification/#required-codecs, #optional-codecs (2026-11)
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

import cramjam
import zstandard
from isal import isal_zlib


def _deflate(data: bytes) -> bytes:
    inflater = isal_zlib.decompressobj(-15)
    inflated = inflater.decompress(data)
    if not inflater.eof:
        raise ValueError("cut off")
    return bytes(inflated)


def _snappy(data: bytes) -> bytes:
    """Behind the data stands its CRC32, big-endian."""
    inflated = bytes(cramjam.snappy.decompress_raw(data[:-4]))
    if zlib.crc32(inflated) != int.from_bytes(data[-4:], "big"):
        raise ValueError("wrong checksum")
    return inflated


def _zstandard(data: bytes) -> bytes:
    """Also of frames that don't say how large their content is."""
    inflater = zstandard.ZstdDecompressor().decompressobj()
    inflated = inflater.decompress(data)
    if not inflater.eof:
        raise ValueError("cut off")
    return inflated


CODECS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "null": bytes,
        "deflate": _deflate,
        "snappy": _snappy,
        "zstandard": _zstandard,
        "bzip2": bz2.decompress,
        "xz": lzma.decompress,
    }
)
"""By name. What isn't as it should be raises one of DAMAGES."""

DAMAGES: tuple[type[Exception], ...] = (
    ValueError,
    OSError,
    EOFError,
    zlib.error,
    cast("type[Exception]", isal_zlib.IsalError),  # isal's stub takes it for an instance
    lzma.LZMAError,
    zstandard.ZstdError,
    cramjam.DecompressionError,
)
