import json

import pytest

from schemas.episode import Episode
from schemas.rejection import Reason, Rejection
from streams.validation.reading import hints, read_episode
from streams.validation.reading.hints import HINTS, Hint, Sample
from streams.validation.reading.reasons import EXPLANATIONS

IDENTITY = {"episode_id": "E1", "provider_code": "R0A"}
EPISODE = IDENTITY | {"procedures": ["V44.4"], "diagnoses": ["M80.58"]}
TEXT = json.dumps(EPISODE)
LONGEST_LINE = 140

each_hint = pytest.mark.parametrize("hint", HINTS, ids=lambda hint: hint.name)


def rejected(sample: Sample) -> Rejection:
    read = read_episode(sample.value, key=sample.key)
    assert isinstance(read, Rejection)
    return read


@each_hint
def test_the_example_of_a_hint_gives_that_hint_and_its_reason(hint: Hint) -> None:
    rejection = rejected(hint.example)
    assert (rejection.hint, rejection.reason) == (hint.text, hint.reason)


@each_hint
def test_the_mend_of_a_hint_is_read(hint: Hint) -> None:
    read = read_episode(hint.mend.value, key=hint.mend.key)
    assert not isinstance(read, Rejection)
    assert not isinstance(read, Episode) or read.remarks == ()


@each_hint
def test_a_hint_is_one_short_line_and_quotes_no_value(hint: Hint) -> None:
    assert hint.text.isprintable()
    assert len(hint.text) < LONGEST_LINE
    assert "E1" not in hint.text


def test_names_and_texts_of_hints_are_different_and_all_hints_are_listed() -> None:
    assert len({hint.name for hint in HINTS}) == len({hint.text for hint in HINTS}) == len(HINTS)
    assert {id(each) for each in vars(hints).values() if isinstance(each, Hint)} == {
        id(each) for each in HINTS
    }
    order = [*Reason]
    assert sorted(HINTS, key=lambda hint: order.index(hint.reason)) == [*HINTS]


@pytest.mark.parametrize("reason", Reason)
def test_the_example_of_a_reason_is_rejected_for_it(reason: Reason) -> None:
    assert rejected(EXPLANATIONS[reason].example).reason is reason


def renamed(**names: str) -> bytes:
    return json.dumps({names.get(name, name): value for name, value in EPISODE.items()}).encode()


@pytest.mark.parametrize(
    "value,name",
    [
        (renamed(episode_id="EPISODE_ID"), "other-capitals"),
        (renamed(provider_code="providerCode"), "other-capitals"),
        (renamed(procedures="Procedures"), "other-capitals"),
        (renamed(procedures="procs"), "other-name"),
        (renamed(procedures="procedure_codes"), "other-name"),
        (renamed(procedures="OPERTN_01"), "other-name"),
        (renamed(diagnoses="diagnosis"), "other-name"),
        (renamed(diagnoses="icd10"), "other-name"),
        (renamed(episode_id="EPIKEY", provider_code="PROCODE3"), "other-name"),
        (renamed(episode_id="Episode-Id", diagnoses="diags"), "other-capitals"),
        (renamed(episode_id="epi\N{LATIN SMALL LETTER LONG S}ode_id"), None),
        (renamed(episode_id="x" * 41), None),
        (json.dumps(EPISODE | {"diagnoses": None, "diags": []}).encode(), "other-name"),
        (json.dumps({"episodes": [EPISODE]}).encode(), "array"),
        (json.dumps({"episodes": [[EPISODE]], "next": {}}).encode(), None),
        (json.dumps(IDENTITY | {"procedures": {"code": "V" * 17}}).encode(), "several-codes"),
        (json.dumps({"resourceType": "Bundle", "entry": []}).encode(), "fhir"),
        (json.dumps({"resourceType": 7}).encode(), None),
        (f" \r\n{TEXT} , {TEXT}".encode(), "several-episodes"),
        (f"\x1e{TEXT}\n\x1e{TEXT}\n".encode(), None),
        (f"{TEXT}\x1e{TEXT}".encode(), "several-episodes"),
        (f"{TEXT}\n\n\n{TEXT}\n".encode(), "several-episodes"),
        (f"{TEXT}\n]".encode(), None),
        (json.dumps({"schema": {}, "payload": TEXT}).encode(), "json-in-text"),
        (json.dumps(json.dumps([EPISODE])).encode(), None),
        (json.dumps("V44.4").encode(), None),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16"),
        (TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-32-le"), "utf-16"),
        (TEXT.encode("utf-32"), "utf-16"),
        ("MSH|^~\\&|".encode("utf-16-be"), "utf-16"),
        (f'{{"ward": "Café", {TEXT[1:]}'.encode("latin-1"), "windows-1252"),
        (f'{{"ward": "Café" {TEXT[1:]}'.encode("latin-1"), None),
        (f'["Café"{TEXT[1:]}'.encode(), None),
        (b"{'episode_id': 'E1'}", None),
        (b"\x0bMSH|^~\\&|PAS\r\x1c\r", "hl7-v2"),
        (b"MSH$^~\\&$PAS$R0A", "hl7-segment"),
        (b"PID|1||999^^^NHS", "hl7-segment"),
        (b"\n\xef\xbb\xbfPV1|1", None),
        (b"DG1|", "hl7-segment"),
        (b"ZU1|1|2", "hl7-segment"),
        (b"R0A|E1|V44.4", "delimited-text"),
        (b"MSHX", None),
        (json.dumps("MSH|^~\\&|PAS").encode(), "message-in-text"),
        (json.dumps("\ufeff\x0bBHS|").encode(), "message-in-text"),
        (json.dumps("\ufeff <?xml?>").encode(), "message-in-text"),
        (b"\x00\x00\x00\x00\x07" + json.dumps("<a/>").encode(), "message-in-text"),
        (json.dumps({"op": "d", "before": "MSH|"}).encode(), "message-in-text"),
        (json.dumps({"schema": {}, "payload": "MSH|^~\\&|PAS"}).encode(), "hl7-v2"),
        (json.dumps({"schema": {}, "payload": "<Message/>"}).encode(), "xml"),
        (json.dumps({"schema": {}, "payload": json.dumps("MSH|")}).encode(), None),
        (b"\x00\x00\x00\x00\x07<Message/>", "xml"),
        (b"\x00\x00\x00\x00\x07<E1 is text of Avro", "binary-payload"),
        (b"\xef\xbb\xbf<Message/>", "xml"),
        (b'\n<!DOCTYPE html><html lang="en">', "xml"),
        (b'"E1"\t"R0A"\t"V44.4"\n', "delimited-text"),
        ("E1|R0A|V44.4|Caf\u00e9".encode("latin-1"), "delimited-text"),
        (b"E1;R0A", None),
        (b"E1,R0A,\x07", None),
        (b"\n", None),
        (b"PK\x03\x04\x14\x00", "document"),
        (b"\x89PNG\r\n\x1a\n", "document"),
        (b"\x1f\x8b\x08\x00", "document"),
        (b"\x00\x00\x00\x00\x07", None),
        (b"\x00\x00\x00\x00\x07{", "cut-short"),
        (b"\x00\x00\x00\x00\x00\x00\x00\x00", "binary-payload"),
    ],
)
def test_a_record_is_recognised_by_its_content(value: bytes, name: str | None) -> None:
    known = {hint.text: hint.name for hint in HINTS}
    rejection = rejected(Sample(value))
    assert (rejection.hint and known[rejection.hint]) == name
