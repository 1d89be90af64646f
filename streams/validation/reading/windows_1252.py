"""Windows-1252, which text that is called Latin-1 mostly is: Latin-1 has no dagger."""

from codecs import charmap_decode
from typing import Final

_CHARACTERS: Final = "".join(
    bytes([each]).decode("cp1252", "ignore") or chr(each) for each in range(256)
)
"""The character of each byte; that of Latin-1 where Windows-1252 has none."""


def decode(content: bytes) -> str:
    """Decode any bytes, as browsers decode Latin-1."""
    return charmap_decode(content, "strict", _CHARACTERS)[0]
