import io
import json

import pytest
from fakes import FakeRecord

from schemas.episode import Format
from schemas.ledger import LedgerRow
from schemas.rejection import Reason
from schemas.verdict import Outcome, Verdict
from streams.packed import Packed
from streams.validation.chunk_output import ChunkOutput, judge_chunk, next_row
from streams.validation.reading import MAX_RECORD_BYTES
from streams.validation.reading.hl7 import Hl7Fields
from streams.validation.routing import Routing

ROUTING = Routing("ipg12.episodes", 3, "ipg12", echo={"trace"})
KEY = b"R0A/E1"


def episode(*procedures: str) -> bytes:
    fields = {"episode_id": "E1", "provider_code": "R0A", "diagnoses": ["M80.58"]}
    return json.dumps({**fields, "procedures": procedures}).encode()


VALUES = {
    Outcome.COMPLIANT: episode("V44.4", "V55.1", "Y53.4", "Z66.5"),
    Outcome.NON_COMPLIANT: episode("V44.4", "Y53.4", "V55.1", "V55.2", "V55.3", "Z66.5"),
    Outcome.OUT_OF_SCOPE: episode("W37.1"),
    Outcome.DEAD_LETTER: b"{",
    Outcome.WITHDRAWN: None,
}


def judged(*, copy_out_of_scope: bool = True, max_bytes: int = MAX_RECORD_BYTES) -> ChunkOutput:
    chunk = [
        FakeRecord(offset, value, KEY, timestamp=1000 + offset, headers=[("trace", b"1")])
        for offset, value in enumerate(VALUES.values(), start=7)
    ]
    return judge_chunk(chunk, ROUTING, max_bytes=max_bytes, copy_out_of_scope=copy_out_of_scope)


def test_each_record_is_copied_once_under_its_outcome_as_it_came() -> None:
    output = judged()
    for offset, (outcome, value) in enumerate(VALUES.items(), start=7):
        (row,) = output.copies[outcome]
        assert (row.key, row.value, row.timestamp) == (KEY, value, 1000 + offset)
        assert ("ipg12-outcome", outcome.encode()) in row.headers
    assert output.outcomes == dict.fromkeys(Outcome, 1)
    assert output.upto == 11


def test_messages_are_read_by_the_fields_that_are_configured() -> None:
    message = b"MSH|^~\\&|PAS|R0A|||||ADT^A03\rPID|1||E9\r"
    packed = Packed(io.BytesIO(message).read, len(message))
    chunk = [FakeRecord(7, value, KEY, timestamp=1, headers=[]) for value in (message, packed)]
    output = judge_chunk(chunk, ROUTING, hl7=Hl7Fields("PID-3"))
    assert (output.outcomes[Outcome.OUT_OF_SCOPE], output.formats[Format.HL7_V2]) == (2, 2)
    assert judge_chunk(chunk, ROUTING).outcomes[Outcome.DEAD_LETTER] == 2


def test_every_record_but_those_out_of_scope_is_answered_with_its_source() -> None:
    verdicts = [Verdict.model_validate_json(bytes(row.value or b"")) for row in judged().verdicts]
    sources = [(each.outcome, each.source and each.source.offset) for each in verdicts]
    assert sources == [
        (Outcome.COMPLIANT, 7),
        (Outcome.NON_COMPLIANT, 8),
        (Outcome.DEAD_LETTER, 10),
        (Outcome.WITHDRAWN, 11),
    ]
    assert [row.timestamp for row in judged().verdicts] == [1007, 1008, 1010, 1011]
    for row, (outcome, offset) in zip(judged().verdicts, sources, strict=True):
        assert row.headers[0] == ("trace", b"1")
        assert ("ipg12-outcome", outcome.encode()) in row.headers
        assert ("ipg12-source", f"ipg12.episodes/3/{offset}".encode()) in row.headers


def test_records_out_of_scope_are_counted_but_not_copied_where_so_configured() -> None:
    output = judged(copy_out_of_scope=False)
    assert output.copies[Outcome.OUT_OF_SCOPE] == []
    assert output.outcomes[Outcome.OUT_OF_SCOPE] == 1


def test_a_record_over_the_configured_size_is_a_dead_letter() -> None:
    output = judged(max_bytes=20)
    assert output.outcomes == {Outcome.DEAD_LETTER: 4, Outcome.WITHDRAWN: 1}
    assert output.reasons == {Reason.TOO_LARGE: 3, Reason.NOT_JSON: 1}


def test_rules_are_counted_by_finding_and_records_by_format_or_reason() -> None:
    output = judged()
    assert output.rules == {"LV02": 1, "LV03": 2}
    assert output.formats == {Format.EPISODE: 4}
    assert output.reasons == {Reason.NOT_JSON: 1}


@pytest.mark.parametrize("copied", [True, False])
def test_malformed_procedures_are_counted_where_an_episode_is_out_of_scope(copied: bool) -> None:  # noqa: FBT001
    values = [episode("W37.1", "12345006"), episode("nil", "?"), episode("V44.4", "nil")]
    chunk = [
        FakeRecord(offset, value, headers=[("ipg12-unreadable", b"9")])
        for offset, value in enumerate([*values, episode("W37.1"), None])
    ]
    output = judge_chunk(chunk, ROUTING, copy_out_of_scope=copied)
    assert output.unreadable == 2
    shown = [
        [value for name, value in row.headers if name == "ipg12-unreadable"]
        for rows in output.copies.values()
        for row in rows
    ]
    assert [each for each in shown if each] == ([[b"1"], [b"2"]] if copied else [])


def test_a_withdrawal_is_read_from_its_key_unless_that_is_too_large() -> None:
    def outcomes(key: bytes | Packed | None, limit: int) -> set[Outcome]:
        output = judge_chunk([FakeRecord(0, None, key)], ROUTING, max_bytes=limit)
        return set(output.outcomes)

    packed = Packed(io.BytesIO(KEY).read, len(KEY))
    for whole in (KEY, packed):
        assert outcomes(whole, len(KEY)) == {Outcome.WITHDRAWN}
        assert outcomes(whole, len(KEY) - 1) == {Outcome.DEAD_LETTER}
    for other in (None, b"", b"E1"):
        assert outcomes(other, MAX_RECORD_BYTES) == {Outcome.DEAD_LETTER}


def test_a_ledger_row_adds_a_chunk_to_what_was_counted_before() -> None:
    first = next_row(None, judged())
    counted_before = {Outcome.COMPLIANT: 4, Outcome.DEAD_LETTER: 1}
    taken_up = next_row(LedgerRow(upto=5, outcomes=counted_before, rules={}), judged())
    second = next_row(first, judged())
    assert first == LedgerRow(
        upto=11, outcomes=dict.fromkeys(Outcome, 1), rules={"LV02": 1, "LV03": 2}
    )
    assert second == LedgerRow(
        upto=11, outcomes=dict.fromkeys(Outcome, 2), rules={"LV02": 2, "LV03": 4}
    )
    assert taken_up.outcomes == {
        **dict.fromkeys(Outcome, 1),
        Outcome.COMPLIANT: 5,
        Outcome.DEAD_LETTER: 2,
    }


def test_a_packed_value_is_judged_as_any_other_unless_it_is_too_large_to_be_read() -> None:
    value = VALUES[Outcome.COMPLIANT] or b""
    packed = Packed(io.BytesIO(value).read, len(value))
    for limit, outcome in ((len(value), Outcome.COMPLIANT), (len(value) - 1, Outcome.DEAD_LETTER)):
        output = judge_chunk([FakeRecord(0, packed)], ROUTING, max_bytes=limit)
        plain = judge_chunk([FakeRecord(0, value)], ROUTING, max_bytes=limit)
        assert output.outcomes == {outcome: 1}
        assert output.verdicts == plain.verdicts
        assert output.copies[outcome][0].value is packed


@pytest.mark.parametrize(
    "timestamp,copied", [(-1, None), (None, None), (-2, -2), (-86_400_000, -86_400_000), (0, 0)]
)
def test_a_copy_has_the_time_of_its_record_and_that_of_now_where_it_has_none(
    timestamp: int | None, copied: int | None
) -> None:
    record = FakeRecord(0, None, timestamp=timestamp)
    output = judge_chunk([record], ROUTING)
    assert output.copies[Outcome.DEAD_LETTER][0].timestamp == copied
    assert output.verdicts[0].timestamp == copied
