import io
import json

import pytest
from fakes import FakeRecord

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome, Verdict
from streams.packed import Packed
from streams.validation.chunk_output import ChunkOutput, judge_chunk, next_row
from streams.validation.reading import MAX_RECORD_BYTES
from streams.validation.routing import Routing

ROUTING = Routing("ipg12.episodes", 3, "ipg12")


def episode(*procedures: str) -> bytes:
    fields = {"episode_id": "E1", "provider_code": "R0A", "diagnoses": ["M80.58"]}
    return json.dumps({**fields, "procedures": procedures}).encode()


VALUES = {
    Outcome.COMPLIANT: episode("V44.4", "V55.1", "Y53.4", "Z66.5"),
    Outcome.NON_COMPLIANT: episode("V44.4", "Y53.4", "V55.1", "V55.2", "V55.3", "Z66.5"),
    Outcome.OUT_OF_SCOPE: episode("W37.1"),
    Outcome.DEAD_LETTER: None,
}


def judged(*, copy_out_of_scope: bool = True, max_bytes: int = MAX_RECORD_BYTES) -> ChunkOutput:
    chunk = [
        FakeRecord(offset, value, key=b"k", timestamp=1000 + offset)
        for offset, value in enumerate(VALUES.values(), start=7)
    ]
    return judge_chunk(chunk, ROUTING, max_bytes=max_bytes, copy_out_of_scope=copy_out_of_scope)


def test_each_record_is_copied_once_under_its_outcome_as_it_came() -> None:
    output = judged()
    for offset, (outcome, value) in enumerate(VALUES.items(), start=7):
        (row,) = output.copies[outcome]
        assert (row.key, row.value, row.timestamp) == (b"k", value, 1000 + offset)
        assert ("ipg12-outcome", outcome.encode()) in row.headers
    assert output.outcomes == dict.fromkeys(Outcome, 1)
    assert output.upto == 10


def test_every_record_but_those_out_of_scope_is_answered_with_its_source() -> None:
    verdicts = [Verdict.model_validate_json(bytes(row.value or b"")) for row in judged().verdicts]
    sources = [(each.outcome, each.source and each.source.offset) for each in verdicts]
    assert sources == [
        (Outcome.COMPLIANT, 7),
        (Outcome.NON_COMPLIANT, 8),
        (Outcome.DEAD_LETTER, 10),
    ]
    assert [row.timestamp for row in judged().verdicts] == [1007, 1008, 1010]


def test_records_out_of_scope_are_counted_but_not_copied_where_so_configured() -> None:
    output = judged(copy_out_of_scope=False)
    assert output.copies[Outcome.OUT_OF_SCOPE] == []
    assert output.outcomes[Outcome.OUT_OF_SCOPE] == 1


def test_a_record_over_the_configured_size_is_a_dead_letter() -> None:
    output = judged(max_bytes=20)
    assert output.outcomes == {Outcome.DEAD_LETTER: 4}


def test_rules_are_counted_by_finding() -> None:
    assert judged().rules == {"LV02": 1, "LV03": 2}


def test_a_ledger_row_adds_a_chunk_to_what_was_counted_before() -> None:
    first = next_row(None, judged())
    second = next_row(first, judged())
    assert first == LedgerRow(
        upto=10, outcomes=dict.fromkeys(Outcome, 1), rules={"LV02": 1, "LV03": 2}
    )
    assert second == LedgerRow(
        upto=10, outcomes=dict.fromkeys(Outcome, 2), rules={"LV02": 2, "LV03": 4}
    )


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
