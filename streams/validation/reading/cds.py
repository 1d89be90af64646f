"""CDS XML: one message of the NHS Commissioning Data Sets, version 6-2 or 6-3.

docs/formats.md says what is read from where. Elements are known by their local names; places are
these names below the message, and never any other content of the record.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, Final

from lxml import etree

from schemas.episode import Episode, Format, Withdrawal
from schemas.rejection import Fault, Reason, Rejection
from streams.validation.reading.code_lists import DIAGNOSES, PROCEDURES
from streams.validation.reading.extracted import Extracted
from streams.validation.reading.formats import is_wide_text
from streams.validation.reading.hints import INTERCHANGE, XML
from streams.validation.reading.identity import readable_identity
from streams.validation.reading.json_text import Ambiguous
from streams.validation.reading.rejections import REPEATED, reject
from streams.validation.reading.xml_text import BLANKS, read_xml

Message = Any
"""An element of lxml, which has no types."""

_HEADER: Final = "CDSMessageHeader"
TRANSACTION_HEADERS: Final = ("CDSTransactionHeader_NetChange", "CDSTransactionHeader_BulkUpdate")
_IDENTIFIER: Final = "CDSUniqueIdentifier"
_PROVIDER: Final = "provider_code"
_PROVIDERS: Final = ("OrganisationCode_CodeOfProvider", "OrganisationIdentifier_CodeOfProvider")
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
    PROCEDURES: ("ClinicalActivityGroupOPCS", "PrimaryProcedure_OPCS", "SecondaryProcedure_OPCS"),
    DIAGNOSES: ("ClinicalDiagnosisGroupICD", "PrimaryDiagnosis_ICD", "SecondaryDiagnosis_ICD"),
}
"""The group of each list, and the element of its first code and of every other one."""
_DATE: Final = "ProcedureDate"
_READ_CODES: Final = "holds Read codes, and was left out"
_SNOMED_CODES: Final = "holds SNOMED CT codes, and was left out"
_NOT_READ: Final = "is no element from which codes are read, and was left out"
_ACCIDENT_CODES: Final = "holds accident and emergency codes, and was left out"
_OTHER_GROUPS: Final = (
    (PROCEDURES, "ClinicalActivityGroupREAD", _READ_CODES),
    (DIAGNOSES, "ClinicalDiagnosisGroupREAD", _READ_CODES),
    (PROCEDURES, "ClinicalTreatmentGroupAandE", _ACCIDENT_CODES),
    (PROCEDURES, "ClinicalTreatmentGroupAAndE", _ACCIDENT_CODES),
    (DIAGNOSES, "ClinicalDiagnosisGroupAAndE", _ACCIDENT_CODES),
)


def _finder(kind: str, system: str, *read: str) -> Callable[[Message], list[Message]]:
    """Return what finds elements that seem to hold codes, other than those that are read."""
    name, text = "local-name()", "text()[normalize-space()]"
    snomed = f"contains(translate({name}, 'SNOMED', 'snomed'), 'snomed')"
    known = [f"contains({name}, '{part}')" for part in ("Group", "HighCostDrug")]
    known += [f"{name} = '{each}'" for each in read]
    find: Callable[[Message], list[Message]] = etree.XPath(
        f".//*[contains({name}, '{kind}') and {snomed} and {text}"
        f" or contains(concat({name}, '/'), '{system}/') and not({' or '.join(known)})"
        f" and (* or {text})]"
    )
    return find


_OTHER_CODES: Final = {
    PROCEDURES: _finder("Procedure", "OPCS", *_LISTS[PROCEDURES][1:]),
    DIAGNOSES: _finder("Diagnos", "ICD", *_LISTS[DIAGNOSES][1:]),
}
_NAME_CHARACTERS: Final = 64
_local_name: Final = etree.XPath("local-name()", smart_strings=False)
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
    headers = _parents(root, _HEADER)
    messages = _parents(root, *TRANSACTION_HEADERS) or headers
    if not messages:
        fault = Fault(place="line 1 column 1", message="holds no CDS message")
        return reject(Reason.UNKNOWN_FORMAT, [fault], XML)
    message = messages[0]
    around = {message, *message.iterancestors()}
    if len(messages) > 1 or len(headers) > 1 or not around.issuperset(headers):
        fault = Fault(place="value", message="should hold one CDS message")
        return reject(Reason.NOT_AN_EPISODE, [fault], INTERCHANGE)
    return _read_message(message)


def _parents(root: Message, *names: str) -> list[Message]:
    parents = (each.getparent() for each in _elements(root, *names))
    return [each for each in parents if each is not None]


def _read_message(message: Message) -> Episode | Withdrawal | Rejection:
    extracted = Extracted(Format.CDS_XML)
    _put_identity(extracted, message)
    if extracted.members.get("withdrawn"):
        if not extracted.members.get(_PROVIDER):
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
    """Return the text of an element, none if it holds others: what these hold is another's."""
    return "" if len(element) else (element.text or "").strip()


def _given(message: Message, *names: str) -> tuple[str, list[str]]:
    """Return the name by which something is given, and its different texts.

    An element without text counts only where there is no other.
    """
    found = [(name, _text(each)) for name in names for each in _elements(message, name)]
    found = [each for each in found if each[1]] or found
    return (found[0][0] if found else names[0]), list(dict.fromkeys(text for _, text in found))


def _given_organisation(message: Message, *names: str) -> tuple[str, list[str]]:
    """Return the same of an organisation, whose code may be written in several ways."""
    place, texts = _given(message, *names)
    read = (readable_identity({_PROVIDER: text}).get(_PROVIDER, text) for text in texts)
    return place, list(dict.fromkeys(read))


def _put_identity(extracted: Extracted, message: Message) -> None:
    """Set what decides which episode this is, and whether it is withdrawn.

    Where there are two texts for one of these, it is given more than once, as in JSON.
    """
    extracted.put("episode_id", None, _IDENTIFIER)
    members: list[tuple[str, object]] = [
        ("episode_id", text) for text in _given(message, _IDENTIFIER)[1]
    ]
    place, texts = _given_organisation(message, *_PROVIDERS)
    extracted.put(_PROVIDER, None, place)
    members += [(_PROVIDER, text) for text in texts]
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
        extracted.put(_PROVIDER, built[1].strip(), _IDENTIFIER)
        return
    place, senders = _given_organisation(message, *_SENDER)
    if len(senders) == 1:
        extracted.put(_PROVIDER, senders[0], place)


def _put_optional(extracted: Extracted, message: Message, member: str, *names: str) -> None:
    place, texts = _given(message, *names)
    if len(texts) > 1:
        extracted.remark(place, f"{REPEATED}, and was left out")
    elif texts and texts[0]:
        whole_number = member == "episode_number" and _DIGITS.fullmatch(texts[0])
        extracted.put(member, int(texts[0]) if whole_number else texts[0], place)


def _add_codes(extracted: Extracted, message: Message) -> None:
    """Add procedures and diagnoses, and name what is left out."""
    for member, (group, *_) in _LISTS.items():
        extracted.put(member, None, group)
    place, kinds = _given(message, *_TYPE)
    if not _PLANNED.isdisjoint([*kinds, message.get(_TYPE[0], "").strip()]):
        extracted.remark(place, "is that of planned care, whose codes were left out")
        return
    for member, (_, first, other) in _LISTS.items():
        _add_list(extracted, message, member, first, other)
    for member, group, left_out in _OTHER_GROUPS:
        if _elements(message, group):
            extracted.leave_out(member, group, left_out)
    for member, find in _OTHER_CODES.items():
        for name in (_local_name(each)[:_NAME_CHARACTERS] for each in find(message)):
            left_out = _SNOMED_CODES if "snomed" in name.lower() else _NOT_READ
            extracted.leave_out(member, name, left_out)


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
        if len(code):
            extracted.leave_out(member, place, "holds other elements, and was left out")
            continue
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
