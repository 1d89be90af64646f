import json
from collections.abc import Callable, Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import near_episodes

from schemas.episode import Episode, Withdrawal
from schemas.rejection import Reason, Rejection
from streams.validation.reading import read_episode
from streams.validation.reading.hints import MESSAGE_IN_TEXT
from streams.validation.reading.hl7 import Hl7Fields

EPISODE = {"episode_id": "E1", "provider_code": "R0A", "procedures": ["V44.4"]}
MESSAGE = (
    "MSH|^~\\&|PAS|R0A|||20260131||ADT^A03|1|P|2.4||||||8859/1\r"
    "PV1|1|I|||||||||||||||||É1\rPR1|1||V44.4^^OPCS4\rDG1|1||C79.5†^^ICD10\r"
)
CDS = (
    "<CDSNetChange-All-MessageTypes><CDSTransactionHeader_NetChange>"
    "<CDSUniqueIdentifier>É1</CDSUniqueIdentifier></CDSTransactionHeader_NetChange>"
    "<OrganisationCode_CodeOfProvider>R0A</OrganisationCode_CodeOfProvider>"
    "<PrimaryProcedure_OPCS>V444</PrimaryProcedure_OPCS>"
    "<PrimaryDiagnosis_ICD>C79.5†</PrimaryDiagnosis_ICD></CDSNetChange-All-MessageTypes>"
)
DECLARED = '<?xml version="1.0" encoding="windows-1252"?>\n'
TEXTS = {
    "hl7": (MESSAGE, MESSAGE.replace("8859/1", "").encode()),
    "hl7 of MLLP": (f"\x0b{MESSAGE}\x1c\r", MESSAGE.replace("8859/1", "").encode()),
    "hl7 with a mark": (f"\ufeff{MESSAGE}", MESSAGE.replace("8859/1", "").encode()),
    "xml": (CDS, CDS.encode()),
    "xml of another encoding": (DECLARED + CDS, (DECLARED + CDS).encode("cp1252")),
    "xml with a mark": (f"\ufeff {DECLARED}{CDS}", CDS.encode()),
    "xml of utf-16": ('<?xml version="1.0" encoding="utf-16"?>' + CDS, CDS.encode()),
}
READ = Episode(episode_id="E1", provider_code="R0A", procedures=["V44.4"])
TAKEN_BACK = Withdrawal(episode_id="E1", provider_code="R0A")
PREFIX = b"\x00\x00\x00\x01\x00"

Wrap = Callable[[object], Mapping[str, object]]


def connect(value: object) -> dict[str, object]:
    return {"schema": {"type": "struct", "fields": []}, "payload": value}


def debezium(value: object) -> dict[str, object]:
    source = {"connector": "postgresql", "table": "episodes"}
    return {"before": None, "after": value, "source": source, "op": "c", "ts_ms": 1}


def cloud_event(value: object) -> dict[str, object]:
    event = {"specversion": "1.0", "id": "1", "source": "/pas", "type": "episode"}
    return {**event, "datacontenttype": "application/json", "data": value}


ENVELOPES = (connect, debezium, cloud_event)
each_envelope = pytest.mark.parametrize("wrap", ENVELOPES)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def faults(value: object) -> dict[str, str]:
    read = read_episode(encoded(value))
    assert isinstance(read, Rejection)
    assert read.reason is Reason.NOT_AN_EPISODE
    return {fault.place: fault.message for fault in read.errors}


@each_envelope
@given(value=near_episodes)
def test_what_is_in_an_envelope_is_read_as_if_it_came_alone(wrap: Wrap, value: object) -> None:
    alone = read_episode(encoded(value))
    assume(not isinstance(alone, Rejection) or alone.reason is not Reason.NOT_JSON)
    assert read_episode(encoded(wrap(value))) == alone
    assert read_episode(PREFIX + encoded(wrap(value))) == alone


@given(st.permutations(ENVELOPES), st.integers(0, 3), st.sampled_from([b"", PREFIX]))
def test_each_kind_is_opened_once_in_any_order(
    order: list[Wrap], count: int, prefix: bytes
) -> None:
    value: Mapping[str, object] = EPISODE
    for wrap in order[:count]:
        value = wrap(value)
    assert read_episode(prefix + encoded(value)) == READ


@each_envelope
def test_no_kind_is_opened_twice(wrap: Wrap) -> None:
    assert faults(wrap(wrap(EPISODE))).keys() == {"episode_id", "provider_code"}
    assert isinstance(read_episode(PREFIX + PREFIX + encoded(EPISODE)), Rejection)


@each_envelope
def test_ten_thousand_envelopes_are_one_dead_letter(wrap: Wrap) -> None:
    head, tail = encoded(wrap("?")).split(b'"?"')
    read = read_episode(head * 5_000 + b"{}" + tail * 5_000, 2_000_000)
    assert isinstance(read, Rejection)
    assert len(read.errors) == 1


@each_envelope
def test_an_episode_with_fields_of_an_envelope_is_an_episode(wrap: Wrap) -> None:
    assert read_episode(encoded({**wrap({"episode_id": "E2"}), **EPISODE})) == READ


@each_envelope
def test_an_episode_at_fault_is_not_read_as_the_envelope_of_another(wrap: Wrap) -> None:
    assert faults({**wrap(EPISODE), "episode_id": "E2"}) == {"provider_code": "is required"}


@pytest.mark.parametrize("value", ["V44.4", 7, [EPISODE], True])
@pytest.mark.parametrize("wrap,place", [*zip(ENVELOPES, ["payload", "after", "data"], strict=True)])
def test_an_envelope_without_an_object_is_named_by_the_place_that_should_hold_one(
    wrap: Wrap, place: str, value: object
) -> None:
    assert faults(wrap(value)) == {place: "should be an object"}


@pytest.mark.parametrize("wrap,name", [*zip(ENVELOPES, ["payload", "after", "data"], strict=True)])
def test_an_envelope_that_holds_two_values_is_refused(wrap: Wrap, name: str) -> None:
    value = encoded(wrap(EPISODE))[:-1] + f', "{name}": {{}}}}'.encode()
    read = read_episode(value)
    assert isinstance(read, Rejection)
    assert [(each.place, each.message) for each in read.errors] == [
        (name, "is given more than once")
    ]


@pytest.mark.parametrize("wrap", [lambda value: value, connect, cloud_event])
def test_a_row_that_was_deleted_is_an_episode_taken_back(wrap: Wrap) -> None:
    deleted = {"before": EPISODE | {"procedures": 7}, "after": None, "op": "d"}
    assert read_episode(encoded(wrap(deleted))) == TAKEN_BACK


@pytest.mark.parametrize("operation", ["c", "r", "u"])
def test_a_row_that_was_written_is_read_as_it_is_now(operation: str) -> None:
    change = {"before": EPISODE | {"episode_id": "E2"}, "after": EPISODE, "op": operation}
    assert read_episode(encoded(change)) == READ


@pytest.mark.parametrize(
    "change,place,message",
    [
        ({"op": "d", "before": None, "after": None}, "before", "is required"),
        ({"op": "d", "after": EPISODE}, "before", "is required"),
        ({"op": "u", "before": EPISODE, "after": None}, "after", "is required"),
        ({"op": "t", "before": None, "after": None}, "op", "should be c, r, u or d"),
        ({"op": ["c"], "after": EPISODE}, "op", "should be c, r, u or d"),
        ({"op": "d", "before": {"episode_id": "E1"}}, "provider_code", "is required"),
        ({"specversion": "1.0", "data": None}, "data", "is required"),
        ({"specversion": "1.0"}, "data", "is required"),
    ],
)
def test_an_envelope_that_holds_no_episode_is_refused_with_the_place(
    change: object, place: str, message: str
) -> None:
    assert faults(change) == {place: message}


@pytest.mark.parametrize("wrap", [connect, lambda value: cloud_event(connect(value))])
def test_a_null_payload_is_a_null_value(wrap: Wrap) -> None:
    assert read_episode(encoded(wrap(None)), key=b"R0A/E1") == TAKEN_BACK
    read = read_episode(encoded(wrap(None)), key=b'{"schema":null,"payload":1}')
    assert isinstance(read, Rejection)
    assert read.reason is Reason.NULL_VALUE


@each_envelope
@pytest.mark.parametrize("name", TEXTS)
def test_a_message_that_an_envelope_holds_as_text_is_read_as_if_it_came_alone(
    wrap: Wrap, name: str
) -> None:
    text, alone = TEXTS[name]
    read = read_episode(encoded(wrap(text)))
    assert isinstance(read, Episode)
    assert read == read_episode(alone)
    assert (read.episode_id, read.diagnoses) == ("É1", [{"code": "C79.5†"}])
    assert read_episode(PREFIX + encoded(cloud_event(connect(text)))) == read
    assert read_episode(json.dumps(connect(text), ensure_ascii=False).encode()) == read


@pytest.mark.parametrize("text", [MESSAGE, CDS])
def test_a_message_as_text_is_read_in_envelopes_only_and_once(text: str) -> None:
    in_text = read_episode(encoded(text))
    assert isinstance(in_text, Rejection)
    assert in_text.hint == MESSAGE_IN_TEXT.text
    assert faults(connect(encoded(text).decode())) == {"payload": "should be an object"}
    assert faults(connect(encoded(connect(text)).decode())) == {"payload": "should be an object"}
    assert faults({"op": "d", "before": text}) == {"before": "should be an object"}


@each_envelope
@given(
    st.sampled_from(["MSH|", "MSH|^~\\&|", "BHS|", "\x0bMSH|", "<", "<?xml ", CDS[:80]]), st.text()
)
def test_any_text_in_an_envelope_is_read_or_refused(wrap: Wrap, head: str, tail: str) -> None:
    read = read_episode(encoded(wrap(head + tail)))
    assert isinstance(read, Episode | Rejection)


def test_the_fields_of_an_hl7_message_in_an_envelope_are_those_that_are_configured() -> None:
    read = read_episode(encoded(connect(MESSAGE)), hl7=Hl7Fields(episode_id="MSH-10"))
    assert isinstance(read, Episode)
    assert read.episode_id == "1"


@pytest.mark.parametrize("name", TEXTS)
def test_a_registry_prefix_may_stand_before_any_text_that_is_read(name: str) -> None:
    _, alone = TEXTS[name]
    assert read_episode(PREFIX + alone) == read_episode(alone)
    assert isinstance(read_episode(PREFIX + b"\n" + alone + b"\n"), Episode)


def test_names_given_twice_in_the_episode_inside_are_refused() -> None:
    value = encoded(connect("?")).replace(b'"?"', encoded(EPISODE)[:-1] + b', "episode_id": 1}')
    read = read_episode(value)
    assert isinstance(read, Rejection)
    assert [fault.place for fault in read.errors] == ["episode_id"]
    assert (read.episode_id, read.provider_code) == (None, "R0A")


@pytest.mark.parametrize("prefix", [b"\x00\x00\x00\x00\x01", b"\x00{}[]", b"\x00\xff\xff\xff\xff"])
def test_a_registry_prefix_may_name_any_schema(prefix: bytes) -> None:
    assert read_episode(prefix + encoded(EPISODE)) == READ
