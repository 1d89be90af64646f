"""What a record deserves, and in what its copy differs from that."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from broker.records import Header, Record

from schemas.verdict import RULESET, Outcome, Source, Verdict

OURS = {
    "ipg12-outcome",
    "ipg12-ruleset",
    "ipg12-rules",
    "ipg12-source",
    "ipg12-findings",
    "ipg12-unreadable",
    "__dlq.errors.topic",
    "__dlq.errors.partition",
    "__dlq.errors.offset",
    "__dlq.errors.group",
    "__dlq.errors.message",
    "kafka_dlt-original-topic",
}
ECHOED = {"traceparent", "tracestate", "correlation-id", "kafka_correlationId", "ce_id"}
MAX_FINDINGS_BYTES = 16_384
OPCS4 = re.compile(r"[A-Z][0-9]{2}(\.[0-9])?")


@dataclass(frozen=True)
class Incoming:
    """A record that came in, and the verdict that it deserves."""

    record: Record
    verdict: Verdict

    @property
    def answer(self) -> dict[str, object]:
        """The verdict as it has to stand on the verdicts topic, its JSON read."""
        record = self.record
        source = Source(
            topic=record.topic, partition=record.content.partition, offset=record.offset
        )
        return self.verdict.model_copy(update={"source": source}).model_dump(mode="json")

    @property
    def answer_key(self) -> bytes | None:
        """The key under which it has to stand there."""
        return (self.verdict.provider_code or "").encode() or None

    @property
    def answer_headers(self) -> tuple[Header, ...]:
        """The headers that it has to have there."""
        echoed = (header for header in self.record.content.headers if header[0] in ECHOED)
        return (*echoed, *((name, value.encode()) for name, value in self._always().items()))

    @cached_property
    def theirs(self) -> tuple[Header, ...]:
        """The headers that have to pass through."""
        return _theirs(self.record)

    def changes(self, copy: Record, group: str) -> Iterator[str]:
        """Name the parts of an output record that are not as they should be."""
        came, went = self.record.content, copy.content
        for part in ("partition", "key", "value", "timestamp"):
            if getattr(came, part) != getattr(went, part):
                yield part
        if self.theirs != _theirs(copy):
            yield "their headers"
        ours = [(name, (value or b"").decode()) for name, value in went.headers if name in OURS]
        expected = self._ours(group)
        if sorted(name for name, _ in ours) != sorted(expected):
            yield "names of our headers"
            return
        for name, value in ours:
            if name == "ipg12-findings":
                right = self._shows_findings(value)
            elif name == "__dlq.errors.message":
                right = all(part in value for part in self._reasons())
            else:
                right = value == expected[name]
            if not right:
                yield name

    def _ours(self, group: str) -> dict[str, str]:
        """Give the headers that have to be added; the message and the findings only by name."""
        outcome = self.verdict.outcome
        headers = self._always()
        malformed = [code for code in self.verdict.procedures or () if not OPCS4.fullmatch(code)]
        if malformed and outcome is Outcome.OUT_OF_SCOPE:
            headers["ipg12-unreadable"] = str(len(malformed))
        if self.verdict.findings:
            rules = dict.fromkeys(finding.rule for finding in self.verdict.findings)
            headers["ipg12-rules"] = ",".join(rules)
        if outcome is Outcome.NON_COMPLIANT:
            headers["ipg12-findings"] = ""
        if outcome in {Outcome.NON_COMPLIANT, Outcome.DEAD_LETTER}:
            headers |= {
                "__dlq.errors.topic": self.record.topic,
                "__dlq.errors.partition": str(self.record.content.partition),
                "__dlq.errors.offset": str(self.record.offset),
                "__dlq.errors.group": group,
                "__dlq.errors.message": "",
                "kafka_dlt-original-topic": self.record.topic,
            }
        return headers

    def _always(self) -> dict[str, str]:
        """Give the headers that a copy and an answer have to have."""
        return {
            "ipg12-outcome": str(self.verdict.outcome),
            "ipg12-ruleset": RULESET,
            "ipg12-source": str(self.record),
        }

    def _reasons(self) -> Iterator[str]:
        """Give what the message has to name."""
        yield from self.verdict.rules
        if rejection := self.verdict.rejection:
            yield rejection.reason
            yield from (fault.place for fault in rejection.errors)
            yield rejection.hint or ""

    def _shows_findings(self, written: str) -> bool:
        """Tell whether a header shows the first findings, and not more bytes than it may."""
        shown = json.loads(written)
        findings = [finding.model_dump(mode="json") for finding in self.verdict.findings]
        fits = len(written.encode()) <= MAX_FINDINGS_BYTES
        return bool(shown) and shown == findings[: len(shown)] and fits


def source_of(copy: Record) -> str:
    """Read where an output record says that it is from."""
    values = [value for name, value in copy.content.headers if name == "ipg12-source"]
    return (values[0] or b"").decode() if len(values) == 1 else f"{len(values)} places"


def _theirs(record: Record) -> tuple[Header, ...]:
    return tuple(header for header in record.content.headers if header[0] not in OURS)
