import io
import json

import pytest
from fakes import FakeRecord

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome, Verdict
from streams.outbox import Outbox, fill, next_row
from streams.packed import Packed
from streams.routing import Routing
from streams.settings import OutOfScope, Settings

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


def filled(**settings: object) -> Outbox:
    chunk = [
        FakeRecord(offset, value, key=b"k", timestamp=1000 + offset)
        for offset, value in enumerate(VALUES.values(), start=7)
    ]
    return fill(chunk, ROUTING, Settings(**settings))  # type: ignore[arg-type]


def test_each_record_is_copied_once_under_its_outcome_as_it_came() -> None:
    outbox = filled()
    for offset, (outcome, value) in enumerate(VALUES.items(), start=7):
        (row,) = outbox.copies[outcome]
        assert (row.key, row.value, row.timestamp) == (b"k", value, 1000 + offset)
        assert ("ipg12-outcome", outcome.encode()) in row.headers
    assert outbox.outcomes == dict.fromkeys(Outcome, 1)
    assert outbox.upto == 10


def test_every_record_but_those_out_of_scope_is_answered_with_its_source() -> None:
    answers = [Verdict.model_validate_json(row.value or b"") for row in filled().answers]
    sources = [(each.outcome, each.source and each.source.offset) for each in answers]
    assert sources == [
        (Outcome.COMPLIANT, 7),
        (Outcome.NON_COMPLIANT, 8),
        (Outcome.DEAD_LETTER, 10),
    ]
    assert [row.timestamp for row in filled().answers] == [1007, 1008, 1010]


def test_records_out_of_scope_are_counted_but_not_copied_where_so_configured() -> None:
    outbox = filled(out_of_scope=OutOfScope.COUNT)
    assert outbox.copies[Outcome.OUT_OF_SCOPE] == []
    assert outbox.outcomes[Outcome.OUT_OF_SCOPE] == 1


def test_a_record_over_the_configured_size_is_a_dead_letter() -> None:
    outbox = filled(max_record_bytes=20)
    assert outbox.outcomes == {Outcome.DEAD_LETTER: 4}


def test_rules_are_counted_by_finding() -> None:
    assert filled().rules == {"LV02": 1, "LV03": 2}


def test_a_ledger_row_adds_a_chunk_to_what_was_counted_before() -> None:
    first = next_row(None, filled())
    second = next_row(first, filled())
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
        settings = Settings(max_record_bytes=limit)
        outbox = fill([FakeRecord(0, packed)], ROUTING, settings)
        plain = fill([FakeRecord(0, value)], ROUTING, settings)
        assert outbox.outcomes == {outcome: 1}
        assert outbox.answers == plain.answers
        assert outbox.copies[outcome][0].value is packed


@pytest.mark.parametrize(
    "timestamp,copied", [(-1, None), (None, None), (-2, -2), (-86_400_000, -86_400_000), (0, 0)]
)
def test_a_copy_has_the_time_of_its_record_and_that_of_now_where_it_has_none(
    timestamp: int | None, copied: int | None
) -> None:
    record = FakeRecord(0, None, timestamp=timestamp)
    outbox = fill([record], ROUTING, Settings())
    assert outbox.copies[Outcome.DEAD_LETTER][0].timestamp == copied
    assert outbox.answers[0].timestamp == copied
