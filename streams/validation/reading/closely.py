"""Values that are no clean native episode: what is wrong with them, or what they hold."""

import re
from typing import Final

from schemas.episode import Episode, Withdrawal
from schemas.rejection import Fault, Reason, Rejection
from streams.validation.reading.cds import is_xml, read_cds
from streams.validation.reading.clean import read_clean
from streams.validation.reading.envelopes import PAYLOAD, Envelope, open_envelope
from streams.validation.reading.fhir import is_fhir, read_fhir
from streams.validation.reading.formats import is_wide_text, recognise_json, recognise_text
from streams.validation.reading.hints import BINARY_PAYLOAD
from streams.validation.reading.hl7 import HL7_FIELDS, Hl7Fields, read_hl7
from streams.validation.reading.hl7_message import BEFORE_MESSAGE, begins_message
from streams.validation.reading.identity import read_null
from streams.validation.reading.json_text import read_json
from streams.validation.reading.native import read_native, read_withdrawal
from streams.validation.reading.rejections import NOT_AN_OBJECT, reject

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_XML_DECLARATION: Final = re.compile(rb"\A\s*<\?xml\s[^>]*>")
_XML_END: Final = b">"
"""Behind a registry prefix; a binary payload may begin as XML by chance."""

_VALUE: Final = "value"
_REGISTRY_MAGIC: Final = b"\x00"
_REGISTRY_PREFIX_BYTES: Final = 5
"""The magic byte and the number of the schema: the wire format of Confluent's Schema Registry."""


def read_closely(
    value: bytes, key: bytes | None, hl7: Hl7Fields = HL7_FIELDS
) -> Episode | Withdrawal | Rejection:
    """Read a value member by member, out of its envelopes, or in another format."""
    text = value.removeprefix(_BYTE_ORDER_MARK)
    prefixed = (
        text.startswith(_REGISTRY_MAGIC)
        and len(text) > _REGISTRY_PREFIX_BYTES
        and not is_wide_text(text)
    )
    if prefixed:
        text = text[_REGISTRY_PREFIX_BYTES:].removeprefix(_BYTE_ORDER_MARK)
    if len(text) < len(value) and (read := read_clean(text)):
        return read
    if begins_message(text):
        return read_hl7(text.lstrip(BEFORE_MESSAGE), hl7)
    if is_xml(text) and (not prefixed or text.rstrip().endswith(_XML_END)):
        return read_cds(text)
    try:
        content = read_json(text)
    except ValueError as error:
        return _not_json(text, str(error), prefixed=prefixed)
    return _read_content(content, key, hl7)


def _not_json(text: bytes, error: str, *, prefixed: bool) -> Rejection:
    binary = prefixed and not text.lstrip().startswith((b"{", b"["))
    hint = BINARY_PAYLOAD if binary else recognise_text(text, error)
    message, _, place = error.rpartition(" at ")
    fault = Fault(place=place, message=f"is not JSON: {message}")
    if not text.strip():
        fault = Fault(place="line 1 column 1", message="is not JSON: it is empty")
    return reject(hint.reason if hint else Reason.NOT_JSON, [fault], hint)


def _read_content(
    content: object, key: bytes | None, hl7: Hl7Fields
) -> Episode | Withdrawal | Rejection:
    """Read JSON; of an envelope the content, each kind of envelope once."""
    unopened = set(Envelope)
    place, deleted = _VALUE, False
    while isinstance(content, dict) and (opened := open_envelope(content, unopened)):
        if isinstance(opened, Rejection):
            return opened
        unopened.discard(opened.kind)
        content, place, deleted = opened.content, opened.place, deleted or opened.deleted
    if isinstance(content, dict):
        if is_fhir(content):
            return read_fhir(content, deleted=deleted)
        return read_withdrawal(content) if deleted else read_native(content)
    if content is None and place == PAYLOAD:
        return read_null(key)
    if isinstance(content, str) and place != _VALUE and not deleted:
        read = _read_text(content, hl7)
        if read:
            return read
    hint = recognise_json(content)
    fault = Fault(place=place, message=NOT_AN_OBJECT)
    return reject(hint.reason if hint else Reason.NOT_AN_EPISODE, [fault], hint)


def _read_text(content: str, hl7: Hl7Fields) -> Episode | Withdrawal | Rejection | None:
    """Read a message that an envelope holds as text, in which any encoding is undone."""
    text = content.encode().removeprefix(_BYTE_ORDER_MARK)
    if begins_message(text):
        return read_hl7(text.lstrip(BEFORE_MESSAGE), hl7, "utf-8")
    return read_cds(_XML_DECLARATION.sub(b"", text)) if is_xml(text) else None
