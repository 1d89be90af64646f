"""What each reason of a dead letter means, for pages and `ipg12 explain`."""

from dataclasses import dataclass
from typing import Final

from schemas.rejection import Reason
from streams.validation.reading.hints import HL7, NULL_WITHOUT_KEY, TOO_LARGE, Sample


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a reason means, a record that is rejected for it, and what its publisher does."""

    meaning: str
    example: Sample
    advice: str


EXPLANATIONS: Final = {
    Reason.NULL_VALUE: Explanation(
        "The value of the record is null, and its key names no episode. "
        "A null value takes an episode back; its key says which.",
        NULL_WITHOUT_KEY.example,
        "Write the key as text, PROVIDER/EPISODE_ID, such as R0A/E1. "
        "If the null is a tombstone of a database connector, which follows the deletion itself, "
        "switch it off; Debezium calls that tombstones.on.delete=false.",
    ),
    Reason.TOO_LARGE: Explanation(
        "The record has more bytes than IPG12_MAX_RECORD_BYTES allows; it was not read.",
        TOO_LARGE.example,
        "An episode of 400 codes has about 20,000 bytes. Send one episode a record, and leave out "
        "documents and histories. If your episodes are really that large, ask the operator to "
        "raise the limit.",
    ),
    Reason.NOT_JSON: Explanation(
        "The value is not JSON in UTF-8. The error names line and column, both from 1, "
        "at which reading stopped; the column counts bytes.",
        Sample(b'{"episode_id": "E1", "provider_code": "R0A",}'),
        "Write records with a JSON library instead of joining text, and look for the place that "
        "the error names.",
    ),
    Reason.NOT_AN_EPISODE: Explanation(
        "The value is of a format that is read, but no episode: something is missing, of the wrong "
        "kind or given twice. "
        "Each error names the place of a field, never what stands there; at most 20 are named.",
        Sample(b'{"episode_id": "E1", "procedures": ["V44.4", 7]}'),
        "Compare the record with docs/publishing.md or, if it is not JSON of our own, with "
        "docs/formats.md, which say what is read. Check it with ipg12 check before you send it.",
    ),
    Reason.UNKNOWN_FORMAT: Explanation(
        "The value is of a format, an encoding or a kind of document that is not read. "
        "It was recognised by its content, so there always is a hint.",
        HL7.example,
        "Send a kind that the hint names, as docs/formats.md describes it, or convert it to an "
        "episode in JSON before you publish it.",
    ),
}
"""By reason, in the order of `Reason`."""
