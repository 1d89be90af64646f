from dataclasses import replace
from time import time

from aiokafka.structs import TopicPartition
from fakes import FakeRecord
from prometheus_client.parser import text_string_to_metric_families

from schemas.episode import Format
from schemas.rejection import Reason
from schemas.verdict import RULESET, Outcome
from streams.validation.chunk_output import ChunkOutput
from streams.validation.rules import RULES
from streams.worker.metrics import Metrics


def samples(metrics: Metrics) -> dict[str, float]:
    return {
        sample.name + "".join(f"{{{name}={value}}}" for name, value in sample.labels.items()): (
            sample.value
        )
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
    }


def test_every_label_stands_there_with_zero_before_it_happens() -> None:
    shown = samples(Metrics())
    assert [shown[f"ipg12_records_total{{outcome={outcome}}}"] for outcome in Outcome] == [0] * 5
    for reason in Reason:
        assert shown[f"ipg12_dead_letters_total{{reason={reason}}}"] == 0
    for each in Format:
        assert shown[f"ipg12_formats_total{{format={each}}}"] == 0
    assert shown["ipg12_unreadable_procedures_total"] == 0
    for rule in RULES:
        assert shown[f"ipg12_findings_total{{rule={rule.code}}}{{severity={rule.severity}}}"] == 0
    assert shown[f"ipg12_ruleset_info{{version={RULESET}}}"] == 1


def test_a_committed_chunk_is_counted_and_measured() -> None:
    metrics = Metrics()
    outbox = ChunkOutput(upto=3)
    outbox.outcomes.update({Outcome.COMPLIANT: 2, Outcome.DEAD_LETTER: 1})
    outbox.rules.update({"LV02": 2})
    outbox.reasons.update({Reason.NOT_JSON: 1})
    outbox.formats.update({Format.EPISODE: 2})
    outbox.unreadable = 4
    half_a_minute_ago = int((time() - 20) * 1000)
    chunk = [FakeRecord(1, timestamp=half_a_minute_ago) for _ in range(2)]
    metrics.committed(outbox, [*chunk, FakeRecord(3, timestamp=-1)], judged_seconds=0.002)
    shown = samples(metrics)
    assert shown["ipg12_records_total{outcome=compliant}"] == 2
    assert shown["ipg12_records_total{outcome=dead-letter}"] == 1
    assert shown["ipg12_findings_total{rule=LV02}{severity=error}"] == 2
    assert shown["ipg12_dead_letters_total{reason=not-json}"] == 1
    assert shown["ipg12_formats_total{format=episode}"] == 2
    assert shown["ipg12_unreadable_procedures_total"] == 4
    assert shown["ipg12_validation_seconds_count"] == 1
    assert shown["ipg12_chunk_records_sum"] == 3
    assert shown["ipg12_end_to_end_seconds_count"] == 2
    assert shown["ipg12_end_to_end_seconds_bucket{le=10}"] == 0
    assert shown["ipg12_end_to_end_seconds_bucket{le=30}"] == 2
    assert 40 <= shown["ipg12_end_to_end_seconds_sum"] < 60


def test_lag_is_never_below_zero_and_goes_with_its_partition() -> None:
    metrics = Metrics()
    metrics.lag(TopicPartition("ipg12.episodes", 1), 7)
    metrics.lag(TopicPartition("ipg12.episodes", 2), -1)
    shown = samples(metrics)
    assert (shown["ipg12_lag_records{partition=1}"], shown["ipg12_lag_records{partition=2}"]) == (
        7,
        0,
    )
    metrics.forget(TopicPartition("ipg12.episodes", 1))
    assert "ipg12_lag_records{partition=1}" not in samples(metrics)


def test_the_rules_that_are_counted_are_those_that_are_checked() -> None:
    metrics = Metrics([replace(RULES[0], code="XX01")])
    output = ChunkOutput(upto=0)
    output.rules.update({"XX01": 2})
    metrics.committed(output, [FakeRecord(0)], judged_seconds=0.001)
    (shown,) = (value for name, value in samples(metrics).items() if "findings_total" in name)
    assert shown == 2
