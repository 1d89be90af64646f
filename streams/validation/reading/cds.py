"""CDS XML: one message of the NHS Commissioning Data Sets, version 6-2 or 6-3.

docs/formats.md says what is read from where. Elements are known by their local names; places are
these names below the message, and never any other content of the record.
"""

import re
from collections import Counter, defaultdict
from itertools import chain
from typing import Any, Final

from lxml import etree

from schemas.episode import Episode, Format, Withdrawal
from schemas.rejection import Fault, Reason, Rejection
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.formats import is_wide_text
from streams.validation.reading.hints import INTERCHANGE, XML
from streams.validation.reading.json_text import Ambiguous
from streams.validation.reading.rejections import REPEATED, reject
from streams.validation.reading.xml_text import BLANKS, read_xml

Message = Any
"""An element of lxml, which has no types."""

_HEADERS: Final = (
    "CDSMessageHeader",
    "CDSTransactionHeader_NetChange",
    "CDSTransactionHeader_BulkUpdate",
)
_IDENTITY: Final = {
    "episode_id": ("CDSUniqueIdentifier",),
    "provider_code": ("OrganisationCode_CodeOfProvider", "OrganisationIdentifier_CodeOfProvider"),
}
_SENDER: Final = ("OrganisationCode_CDSSenderIdentity", "OrganisationIdentifier_CDSSender")
_UPDATE_TYPE: Final = "CDSUpdateType"
_DELETE: Final = "1"
_UPDATE_TYPES: Final = frozenset({_DELETE, "9"})
_TYPE: Final = ("CDSTypeCode", "CDSType")
_PLANNED: Final = frozenset({"021", "030", "040", "050", "060", "070", "080", "090", "100", "110"})
"""CDS types of future attendances and of elective admission lists."""
_OPTIONAL: Final = {
    "spell_id": ("HospitalProviderSpellNumber", "HospitalProviderSpellIdentifier"),
    "episode_number": ("EpisodeNumber",),
    "start_date": ("StartDate_Episode", "AppointmentDate"),
    "end_date": ("EndDate_Episode",),
}
_LISTS: Final = {
    "procedures": ("ClinicalActivityGroupOPCS", "PrimaryProcedure_OPCS", "SecondaryProcedure_OPCS"),
    "diagnoses": ("ClinicalDiagnosisGroupICD", "PrimaryDiagnosis_ICD", "SecondaryDiagnosis_ICD"),
}
"""The group of each list, and the element of its first code and of every other one."""
_DATE: Final = "ProcedureDate"
_READ_CODES: Final = "holds Read codes, and was left out"
_ACCIDENT_CODES: Final = "holds accident and emergency codes, and was left out"
_OTHER_GROUPS: Final = {
    "ClinicalActivityGroupREAD": _READ_CODES,
    "ClinicalDiagnosisGroupREAD": _READ_CODES,
    "ClinicalTreatmentGroupAandE": _ACCIDENT_CODES,
    "ClinicalTreatmentGroupAAndE": _ACCIDENT_CODES,
    "ClinicalDiagnosisGroupAAndE": _ACCIDENT_CODES,
}
_holds_snomed: Final = etree.XPath(
    "boolean(.//*[contains(local-name(), 'Snomed') and ("
    "contains(local-name(), 'Diagnos') or contains(local-name(), 'Procedure'))])"
)
_BUILT_IDENTIFIER: Final = re.compile(r"[AB](.{5})", re.DOTALL)
"""A kind of code, and the provider: the first two of the three parts of a CDS unique identifier."""
_DIGITS: Final = re.compile(r"[0-9]{1,9}")


def is_xml(text: bytes) -> bool:
    """Return whether text is markup rather than JSON."""
    return text.lstrip(BLANKS).startswith(b"<") and not is_wide_text(text)


def read_cds(text: bytes) -> Episode | Withdrawal | Rejection:
    """Read a document that holds one message, alone or in its interchange."""
    root = read_xml(text)
    if isinstance(root, Fault):
        return reject(Reason.UNKNOWN_FORMAT, [root], XML)
    headers = Counter(header.getparent() for header in _elements(root, _HEADERS[0]))
    transactions = Counter(header.getparent() for header in _elements(root, *_HEADERS[1:]))
    messages = {each for each in chain(headers, transactions) if each is not None}
    if not messages:
        fault = Fault(place="line 1 column 1", message="holds no CDS message")
        return reject(Reason.UNKNOWN_FORMAT, [fault], XML)
    if len(messages) > 1 or max(chain(headers.values(), transactions.values())) > 1:
        fault = Fault(place="value", message="should hold one CDS message")
        return reject(Reason.NOT_AN_EPISODE, [fault], INTERCHANGE)
    return _read_message(messages.pop())


def _read_message(message: Message) -> Episode | Withdrawal | Rejection:
    extracted = Extracted(Format.CDS_XML)
    _put_identity(extracted, message)
    if extracted.members.get("withdrawn"):
        if not extracted.members.get("provider_code"):
            _put_provider_of_withdrawal(extracted, message)
        return extracted.read()
    if _elements(message, "DeleteTransaction"):
        extracted.refuse("DeleteTransaction", "should have the CDS update type 1")
    for member, names in _OPTIONAL.items():
        _put_optional(extracted, message, member, *names)
    _add_codes(extracted, message)
    return extracted.read()


def _elements(message: Message, *names: str) -> list[Any]:
    """Return the elements of these names in a message or below, in any namespace, in order."""
    return list(message.iter(*(f"{{*}}{name}" for name in names)))


def _text(element: Message) -> str:
    return "".join(element.itertext()).strip()


def _given(message: Message, *names: str) -> tuple[str, list[str]]:
    """Return the name by which something is given, and its different texts."""
    found = [(name, _text(each)) for name in names for each in _elements(message, name)]
    return (found[0][0] if found else names[0]), list(dict.fromkeys(text for _, text in found))


def _put_identity(extracted: Extracted, message: Message) -> None:
    """Set what decides which episode this is, and whether it is withdrawn.

    Where there are two texts for one of these, it is given more than once, as in JSON.
    """
    members: list[tuple[str, object]] = []
    for member, names in _IDENTITY.items():
        place, texts = _given(message, *names)
        extracted.put(member, None, place)
        members += [(member, text) for text in texts]
    update_type, texts = _given(message, _UPDATE_TYPE)
    extracted.put("withdrawn", None, update_type)
    members += [("withdrawn", text == _DELETE) for text in texts]
    if not _UPDATE_TYPES.issuperset(texts):
        extracted.remark(update_type, "is neither 1 nor 9, and was read as 9")
    extracted.members = Ambiguous(members)


def _put_provider_of_withdrawal(extracted: Extracted, message: Message) -> None:
    """Take the provider of a withdrawal from its identifier, else take the sender."""
    built = _BUILT_IDENTIFIER.match(extracted.members.get("episode_id", ""))
    if built and built[1].strip().isalnum():
        extracted.put("provider_code", built[1].strip(), _IDENTITY["episode_id"][0])
        return
    place, senders = _given(message, *_SENDER)
    if len(senders) == 1:
        extracted.put("provider_code", senders[0], place)


def _put_optional(extracted: Extracted, message: Message, member: str, *names: str) -> None:
    place, texts = _given(message, *names)
    if len(texts) > 1:
        extracted.remark(place, f"{REPEATED}, and was left out")
    elif texts and texts[0]:
        whole_number = member == "episode_number" and _DIGITS.fullmatch(texts[0])
        extracted.put(member, int(texts[0]) if whole_number else texts[0], place)


def _add_codes(extracted: Extracted, message: Message) -> None:
    """Add procedures and diagnoses, and name what is left out."""
    _, kinds = _given(message, *_TYPE)
    if planned := not _PLANNED.isdisjoint(kinds):
        extracted.remark(_TYPE[0], "is that of planned care, whose codes were left out")
    for member, (group, first, other) in _LISTS.items():
        extracted.put(member, None, group)
        if not planned:
            _add_list(extracted, message, member, first, other)
    for name, left_out in _OTHER_GROUPS.items():
        if _elements(message, name):
            extracted.remark(name, left_out)
    if _holds_snomed(message):
        extracted.remark("*_SnomedCt", "holds SNOMED CT codes, and was left out")


def _add_list(extracted: Extracted, message: Message, member: str, first: str, other: str) -> None:
    """Add the first code and then the others, wherever they stand."""
    named = [(name, _elements(message, name)) for name in (first, other)]
    codes = [
        (_place(name, at, found), each) for name, found in named for at, each in enumerate(found)
    ]
    dates = defaultdict(list)
    for date in _elements(message, _DATE):
        dates[date.getparent()].append(_text(date))
    holders = Counter(code.getparent() for _, code in codes)
    if len(named[0][1]) > 1:
        extracted.refuse(first, REPEATED)
    for place, code in codes:
        beside = dates.get(code.getparent(), [])
        date_place = f"{place}/{_DATE}"
        if len(beside) == 1 == holders[code.getparent()]:
            extracted.add(member, _text(code), place, date=(beside[0] or None, date_place))
            continue
        if beside:
            extracted.remark(date_place, "is not the date of one code, and was left out")
        extracted.add(member, _text(code), place)


def _place(name: str, at: int, found: list[Any]) -> str:
    return f"{name}[{at + 1}]" if len(found) > 1 else name
