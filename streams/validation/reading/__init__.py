"""From the value of a record to an episode, its withdrawal, or the reason why it is neither.

`read_episode` is the only way in, for topics, files and HTTP. The native episode is tried first;
envelopes and other formats are looked for only where that fails, so they cost native records
nothing. What is read from a record stays here, what it means for coding does not.
"""

from typing import Final

from schemas.episode import Episode, Withdrawal
from schemas.rejection import Fault, Reason, Rejection
from streams.validation.reading.clean import read_clean
from streams.validation.reading.closely import read_closely
from streams.validation.reading.hints import TOO_LARGE
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields
from streams.validation.reading.identity import read_null
from streams.validation.reading.rejections import reject

MAX_RECORD_BYTES: Final = 1_048_576
"""Default of the largest record that is read."""


def read_episode(
    value: bytes | None,
    max_bytes: int = MAX_RECORD_BYTES,
    *,
    key: bytes | None = None,
    hl7: Hl7Fields = HL7_FIELDS,
) -> Episode | Withdrawal | Rejection:
    """Read the value of a record, whatever its bytes; never raises.

    A value larger than `max_bytes` is rejected unread. The key matters to a null value alone, and
    `hl7` to an HL7 message.
    """
    if value is None:
        return read_null(key)
    if len(value) > max_bytes:
        return too_large(len(value), max_bytes)
    return read_clean(value) or read_closely(value, key, hl7)


def too_large(size_bytes: int, max_bytes: int) -> Rejection:
    """Return the rejection of a value that is too large."""
    message = f"has {size_bytes} bytes, more than the limit of {max_bytes}"
    return reject(Reason.TOO_LARGE, [Fault(place="value", message=message)], TOO_LARGE)
