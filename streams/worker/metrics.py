"""The worker's metrics: no label identifies a patient, an episode or a provider."""

from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Iterable, Iterator, Sequence
from time import time
from typing import Final

from prometheus_client import Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from schemas.episode import Format
from schemas.rejection import Reason
from schemas.verdict import RULESET, Outcome
from streams.engine.partition_metrics import PartitionMetrics
from streams.records import Record
from streams.validation.chunk_output import ChunkOutput
from streams.validation.rule import Rule
from streams.validation.rules import RULES

END_TO_END_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
CHUNK_RECORDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
VALIDATION_SECONDS: Final = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1)


class Metrics(PartitionMetrics):
    """The metrics of the worker."""

    def __init__(self, rules: Iterable[Rule] = RULES) -> None:
        """Begin every label with 0: outcomes, the rules of `rules`, reasons and formats."""
        super().__init__("ipg12_")
        self.outcomes: Counts[Outcome] = Counts()
        """Records processed since the process started."""
        self._records = self.counter("ipg12_records", "Records processed, by outcome.", "outcome")
        findings = self.counter(
            "ipg12_findings", "Findings, by rule and severity.", "rule", "severity"
        )
        self._unreadable = self.counter(
            "ipg12_unreadable_procedures", "Records out of scope with unreadable procedures."
        )
        reasons = self.counter("ipg12_dead_letters", "Dead letters, by reason.", "reason")
        formats = self.counter("ipg12_formats", "Records that were read, by format.", "format")
        self._validation = Histogram(
            "ipg12_validation_seconds",
            "Time to read and check the records of a chunk, in seconds.",
            buckets=VALIDATION_SECONDS,
            registry=self.registry,
        )
        self._chunk_records = Histogram(
            "ipg12_chunk_records",
            "Records in a chunk, which is one transaction.",
            buckets=CHUNK_RECORDS,
            registry=self.registry,
        )
        self._gap = self.gauge(
            "ipg12_conservation_gap",
            "Records read minus records counted in the ledger, ignoring those just read.",
        )
        self._dead_letter_share = self.gauge(
            "ipg12_dead_letter_share", "Share of dead letters among the records of the last minute."
        )
        ruleset = self.gauge(
            "ipg12_ruleset_info",
            "Always 1; the label version is the version of the rule set.",
            "version",
        )
        ruleset.labels(RULESET).set(1)
        self._end_to_end = _EndToEnd()
        self.registry.register(self._end_to_end)
        for outcome in Outcome:
            self._records.labels(outcome)
        self._findings_by_rule = {
            rule.code: findings.labels(rule.code, rule.severity) for rule in rules
        }
        self._dead_letters = {reason: reasons.labels(reason) for reason in Reason}
        self._formats = {each: formats.labels(each) for each in Format}

    def committed(
        self, output: ChunkOutput, records: Sequence[Record], judged_seconds: float
    ) -> None:
        """Count a committed chunk; `judged_seconds` is the time taken to check it."""
        self.outcomes += output.outcomes
        for outcome, count in output.outcomes.items():
            self._records.labels(outcome).inc(count)
        for rule, count in output.rules.items():
            self._findings_by_rule[rule].inc(count)
        for reason, count in output.reasons.items():
            self._dead_letters[reason].inc(count)
        for written_in, count in output.formats.items():
            self._formats[written_in].inc(count)
        self._unreadable.inc(output.unreadable)
        self._validation.observe(judged_seconds)
        self._chunk_records.observe(len(records))
        self._end_to_end.observe(records)

    def gap(self, records: int) -> None:
        """Set how many records were read but are missing in the ledger."""
        self._gap.set(records)

    def dead_letter_share(self, share: float) -> None:
        """Set the share of dead letters in the last minute, from 0 to 1."""
        self._dead_letter_share.set(share)


class _EndToEnd(Collector):
    """A histogram that observes a whole chunk: one observation per record costs too much."""

    def __init__(self) -> None:
        self._counts = [0] * (len(END_TO_END_SECONDS) + 1)
        self._sum_seconds = 0.0

    def observe(self, records: Sequence[Record]) -> None:
        """Observe the time from each record's timestamp to now; skip records without one."""
        now = time()
        for timestamp, count in Counts(record.timestamp for record in records).items():
            if timestamp is not None and timestamp >= 0:
                seconds = max(0.0, now - timestamp / 1000)
                self._counts[bisect_left(END_TO_END_SECONDS, seconds)] += count
                self._sum_seconds += seconds * count

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the histogram with cumulative buckets."""
        family = HistogramMetricFamily(
            "ipg12_end_to_end_seconds",
            "Time from a record's timestamp to the commit of its outputs, in seconds.",
        )
        buckets, total = [], 0
        for bound, count in zip((*END_TO_END_SECONDS, "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((str(bound), total))
        family.add_metric([], buckets, self._sum_seconds)
        yield family
