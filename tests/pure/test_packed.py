import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.packed import PIECE_BYTES, Packed


@given(st.binary(max_size=100), st.integers(0, 3 * PIECE_BYTES))
def test_what_was_packed_comes_out_as_it_was_a_piece_at_a_time(begin: bytes, zeros: int) -> None:
    value = begin + bytes(zeros)
    packed = Packed(io.BytesIO(value + b"behind").read, len(value))

    assert (len(packed), bytes(packed)) == (len(value), value)
    assert max(map(len, packed), default=0) <= PIECE_BYTES


def test_what_ends_before_it_should_is_not_packed() -> None:
    with pytest.raises(EOFError):
        Packed(io.BytesIO(b"12").read, 3)
