"""Hints: what a record that cannot be read looks like, and what its publisher should do.

Texts are fixed and never quote a record. Pages and `ipg12 explain` are made of them; a test holds
that each example gives its hint, and that its mend is read.
"""

from dataclasses import dataclass
from typing import Final

from schemas.rejection import Reason


@dataclass(frozen=True, slots=True)
class Sample:
    """A record for documentation."""

    value: bytes | None
    key: bytes | None = None
    shown: str | None = None
    """How it is shown, where it is too long."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a record looks like, and what to do."""

    name: str
    reason: Reason
    text: str
    """One line that says both."""
    example: Sample
    mend: Sample


_EPISODE: Final = (
    b'{"episode_id": "E1", "provider_code": "R0A", '
    b'"procedures": ["V44.4", "V55.1", "Y53.4", "Z66.5"], "diagnoses": ["M80.58"]}'
)
_SHORT: Final = b'{"episode_id": "E1", "provider_code": "R0A", "procedures": ["W37.1"]}'
_ENCOUNTER: Final = (
    b'{"resource": {"resourceType": "Encounter", "id": "E1", '
    b'"serviceProvider": {"reference": "Organization/R0A"}}}'
)
_BUNDLE: Final = b'{"resourceType": "Bundle", "entry": [' + _ENCOUNTER + b"]}"
_MESSAGE: Final = (
    b"MSH|^~\\&|PAS|R0A|IPG12|R0A|20260131120000||ADT^A03|1|P|2.4\r"
    b"PV1|1|I|||||||||||||||||E1\rPR1|1||W37.1^^OPCS4"
)
_CDS_MESSAGE: Final = (
    b"<CDSNetChange-All-MessageTypes><CDSTransactionHeader_NetChange>"
    b"<CDSUniqueIdentifier>BR0A00E1</CDSUniqueIdentifier><CDSUpdateType>1</CDSUpdateType>"
    b"</CDSTransactionHeader_NetChange><DeleteTransaction/></CDSNetChange-All-MessageTypes>"
)
_TOO_MANY_BYTES: Final = 1_048_577

NULL_WITHOUT_KEY: Final = Hint(
    "null-without-key",
    Reason.NULL_VALUE,
    "looks like a tombstone whose key names no episode: "
    "to take an episode back, send null under the key PROVIDER/EPISODE_ID",
    Sample(None, b"1004"),
    Sample(None, b"R0A/E1"),
)
TOO_LARGE: Final = Hint(
    "oversized",
    Reason.TOO_LARGE,
    "looks like more than one episode, or one with documents inside: "
    "send each episode as a record of its own, without attachments",
    Sample(b" " * _TOO_MANY_BYTES, shown="(1048577 bytes)"),
    Sample(_SHORT),
)
CUT_SHORT: Final = Hint(
    "cut-short",
    Reason.NOT_JSON,
    "looks like JSON that was cut short: look for a limit of length on its way here",
    Sample(_SHORT[:60]),
    Sample(_SHORT),
)
NOT_A_NUMBER: Final = Hint(
    "not-a-number",
    Reason.NOT_JSON,
    "looks like JSON with NaN or Infinity, which JSON does not have: write null",
    Sample(_SHORT[:-1] + b', "weight": NaN}'),
    Sample(_SHORT[:-1] + b', "weight": null}'),
)
SEVERAL_EPISODES: Final = Hint(
    "several-episodes",
    Reason.NOT_JSON,
    "looks like several episodes in one record: send each as a record of its own",
    Sample(_SHORT + b"\n" + _SHORT.replace(b"E1", b"E2")),
    Sample(_SHORT),
)
WINDOWS_1252: Final = Hint(
    "windows-1252",
    Reason.NOT_JSON,
    "looks like JSON in Windows-1252 or Latin-1: encode it in UTF-8",
    Sample(_SHORT[:-1] + b', "ward": "Caf\xe9"}'),
    Sample(_SHORT[:-1] + ', "ward": "Café"}'.encode()),
)
ARRAY: Final = Hint(
    "array",
    Reason.NOT_AN_EPISODE,
    "looks like an array of episodes: send each as a record of its own",
    Sample(b"[" + _SHORT + b"]"),
    Sample(_SHORT),
)
SEVERAL_ENCOUNTERS: Final = Hint(
    "several-encounters",
    Reason.NOT_AN_EPISODE,
    "looks like a FHIR Bundle of several episodes: send each Encounter in a Bundle of its own",
    Sample(_BUNDLE[:-2] + b", " + _ENCOUNTER.replace(b"E1", b"E2") + b"]}"),
    Sample(_BUNDLE),
)
JSON_IN_TEXT: Final = Hint(
    "json-in-text",
    Reason.NOT_AN_EPISODE,
    "looks like JSON inside a JSON string: encode the episode once, not twice",
    Sample(b'"' + _SHORT.replace(b'"', b'\\"') + b'"'),
    Sample(_SHORT),
)
MESSAGE_IN_TEXT: Final = Hint(
    "message-in-text",
    Reason.NOT_AN_EPISODE,
    "looks like HL7 v2 or XML inside a JSON string: send the message as it is",
    Sample(b'"MSH|^~\\\\&|PAS|R0A|IPG12|R0A|20260131120000||ADT^A03|1|P|2.4\\rPV1|1|I"'),
    Sample(_MESSAGE),
)
BASE64_DATA: Final = Hint(
    "base64-data",
    Reason.NOT_AN_EPISODE,
    "looks like a CloudEvent with binary data: send the episode as JSON in data",
    Sample(b'{"specversion": "1.0", "id": "1", "type": "episode", "data_base64": "eyJ9"}'),
    Sample(b'{"specversion": "1.0", "id": "1", "type": "episode", "data": ' + _SHORT + b"}"),
)
OTHER_CAPITALS: Final = Hint(
    "other-capitals",
    Reason.NOT_AN_EPISODE,
    "looks like an episode with names in other capitals: "
    "write episode_id, provider_code, procedures, diagnoses and withdrawn",
    Sample(_SHORT.replace(b"episode_id", b"EPISODE_ID")),
    Sample(_SHORT),
)
OTHER_NAME: Final = Hint(
    "other-name",
    Reason.NOT_AN_EPISODE,
    "looks like an episode with fields of other names: "
    "name them episode_id, provider_code, procedures, diagnoses and withdrawn",
    Sample(_EPISODE.replace(b"diagnoses", b"diags")),
    Sample(_EPISODE),
)
SEVERAL_CODES: Final = Hint(
    "several-codes",
    Reason.NOT_AN_EPISODE,
    "several codes in one text? Send each as an entry of its own",
    Sample(_EPISODE.replace(b'V44.4", "V55.1", "Y53.4", "Z66.5', b"V44.4, V55.1, Y53.4, Z66.5")),
    Sample(_EPISODE),
)
SEVERAL_MESSAGES: Final = Hint(
    "several-messages",
    Reason.NOT_AN_EPISODE,
    "looks like several HL7 v2 messages in one record: send each as a record of its own",
    Sample(_MESSAGE + b"\r" + _MESSAGE.replace(b"E1", b"E2")),
    Sample(_MESSAGE),
)
INTERCHANGE: Final = Hint(
    "cds-interchange",
    Reason.NOT_AN_EPISODE,
    "looks like a CDS interchange: send each message as a record of its own; "
    "`ipg12 publish` splits a file",
    Sample(b"<CDS-XMLInterchange>" + 2 * _CDS_MESSAGE + b"</CDS-XMLInterchange>"),
    Sample(_CDS_MESSAGE),
)
UTF_16: Final = Hint(
    "utf-16",
    Reason.UNKNOWN_FORMAT,
    "looks like UTF-16 or UTF-32: encode it in UTF-8",
    Sample(_SHORT.decode().encode("utf-16-le"), shown='{\\x00"\\x00e\\x00p\\x00i\\x00…'),
    Sample(_SHORT),
)
DELIMITED: Final = Hint(
    "delimited-text",
    Reason.UNKNOWN_FORMAT,
    "looks like a line of delimited text: a file needs a header line; "
    "a topic needs JSON, as ipg12 convert writes it",
    Sample(b"E1,R0A,V44.4,V55.1,Y53.4,Z66.5,M80.58"),
    Sample(_EPISODE),
)
XML: Final = Hint(
    "xml",
    Reason.UNKNOWN_FORMAT,
    "looks like XML that is not read: send CDS 6-2 or 6-3, well formed, without DOCTYPE; or JSON",
    Sample(b'<?xml version="1.0"?><episode id="E1"/>'),
    Sample(_SHORT),
)
HL7: Final = Hint(
    "hl7-v2",
    Reason.UNKNOWN_FORMAT,
    "looks like an HL7 v2 message of a kind that is not read: send ADT, BAR or DFT messages",
    Sample(b"MSH|^~\\&|LAB|R0A|IPG12|R0A|20260131120000||ORU^R01|1|P|2.4"),
    Sample(_MESSAGE),
)
HL7_SEGMENT: Final = Hint(
    "hl7-segment",
    Reason.UNKNOWN_FORMAT,
    "looks like a segment of HL7 v2: a message, or a file of them, has to begin with MSH|",
    Sample(b"PR1|1||W37.1^^OPCS4"),
    Sample(_MESSAGE),
)
FHIR: Final = Hint(
    "fhir",
    Reason.UNKNOWN_FORMAT,
    "looks like FHIR of a kind that is not read: "
    "send a Claim, or a Bundle with one Encounter, its Conditions and Procedures",
    Sample(b'{"resourceType": "Encounter", "id": "E1", "status": "finished"}'),
    Sample(_BUNDLE),
)
BINARY_PAYLOAD: Final = Hint(
    "binary-payload",
    Reason.UNKNOWN_FORMAT,
    "looks like Avro or Protobuf behind a Schema Registry prefix: use a JSON serialiser",
    Sample(b"\x00\x00\x00\x00\x07\x04E1\x06R0A"),
    Sample(b"\x00\x00\x00\x00\x07" + _SHORT),
)
DOCUMENT: Final = Hint(
    "document",
    Reason.UNKNOWN_FORMAT,
    "looks like a document, an image or a compressed file: send the coded episode as JSON",
    Sample(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"),
    Sample(_SHORT),
)

HINTS: Final = (
    *(NULL_WITHOUT_KEY, TOO_LARGE),
    *(CUT_SHORT, SEVERAL_EPISODES, NOT_A_NUMBER, WINDOWS_1252),
    *(JSON_IN_TEXT, MESSAGE_IN_TEXT, ARRAY, SEVERAL_ENCOUNTERS, SEVERAL_MESSAGES, INTERCHANGE),
    *(OTHER_NAME, OTHER_CAPITALS, SEVERAL_CODES, BASE64_DATA),
    *(DELIMITED, XML, HL7, HL7_SEGMENT, FHIR, UTF_16, BINARY_PAYLOAD, DOCUMENT),
)
"""All hints, by reason."""
