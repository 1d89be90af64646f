"""Headers of output records, and the records on the verdicts topic."""

from collections.abc import Iterable
from typing import Final

from pydantic_core import to_json

from schemas.verdict import RULESET, Finding, Outcome, Source, Verdict
from streams.records import Header

MAX_FINDINGS_BYTES: Final = 16_384
"""Maximum size of the findings in the header of a non-compliant record, in bytes."""

HEADER_NAMES: Final = frozenset(
    {
        "ipg12-outcome",
        "ipg12-ruleset",
        "ipg12-rules",
        "ipg12-source",
        "ipg12-findings",
        "__dlq.errors.topic",
        "__dlq.errors.partition",
        "__dlq.errors.offset",
        "__dlq.errors.group",
        "__dlq.errors.message",
        "kafka_dlt-original-topic",
    }
)
"""Reserved names: an incoming header with one of them is dropped, or replaced with ours."""

_REFUSED: Final = frozenset({Outcome.NON_COMPLIANT, Outcome.DEAD_LETTER})
_OPENING: Final[dict[Outcome, list[Header]]] = {
    outcome: [("ipg12-outcome", outcome.encode()), ("ipg12-ruleset", RULESET.encode())]
    for outcome in Outcome
}


class Routing:
    """Creates headers and verdict records for the records of one source partition."""

    def __init__(self, topic: str, partition: int, group: str) -> None:
        """Set the source partition, and the consumer group that reads it."""
        self._topic = topic
        self._partition = partition
        self._source = f"{topic}/{partition}/"
        self._origin: list[Header] = [
            ("__dlq.errors.topic", topic.encode()),
            ("__dlq.errors.partition", str(partition).encode()),
            ("__dlq.errors.group", group.encode()),
            ("kafka_dlt-original-topic", topic.encode()),
        ]

    def headers(self, verdict: Verdict, offset: int, incoming: Iterable[Header]) -> list[Header]:
        """Return the headers of an output record: the incoming ones, then ours."""
        outcome = verdict.outcome
        headers = self._opening(outcome, offset, incoming)
        if verdict.findings:
            headers.append(("ipg12-rules", ",".join(verdict.rules).encode()))
        if outcome in _REFUSED:
            headers += self._dead_letter_queue(_message(verdict), offset)
        if outcome is Outcome.NON_COMPLIANT:
            headers.append(("ipg12-findings", _findings(verdict.findings)))
        return headers

    def refused(self, message: str, offset: int, incoming: Iterable[Header]) -> list[Header]:
        """Return the headers of a dead letter that is not an episode; `message` says why."""
        headers = self._opening(Outcome.DEAD_LETTER, offset, incoming)
        return headers + self._dead_letter_queue(message, offset)

    def verdict(self, verdict: Verdict, offset: int) -> tuple[bytes | None, bytes]:
        """Return the key and value of the record on the verdicts topic."""
        source = Source(topic=self._topic, partition=self._partition, offset=offset)
        key = verdict.provider_code.encode() if verdict.provider_code else None
        return key, to_json(verdict.model_copy(update={"source": source}))

    def _opening(self, outcome: Outcome, offset: int, incoming: Iterable[Header]) -> list[Header]:
        headers = [header for header in incoming if header[0] not in HEADER_NAMES]
        headers += _OPENING[outcome]
        headers.append(("ipg12-source", f"{self._source}{offset}".encode()))
        return headers

    def _dead_letter_queue(self, message: str, offset: int) -> list[Header]:
        return [
            *self._origin,
            ("__dlq.errors.offset", str(offset).encode()),
            ("__dlq.errors.message", message.encode()),
        ]


def _message(verdict: Verdict) -> str:
    """Return one line on why a record was refused: rule codes, or the reason and faults."""
    if verdict.rejection is None:
        return f"breaks {', '.join(verdict.rules)}"
    faults = "; ".join(f"{fault.place} {fault.message}" for fault in verdict.rejection.errors)
    return f"{verdict.rejection.reason}: {faults}"


def _findings(findings: Iterable[Finding]) -> bytes:
    """Return as many findings as fit, as a JSON array."""
    written: list[bytes] = []
    size_bytes = len(b"[")
    for finding in map(to_json, findings):
        size_bytes += len(finding) + len(b",")
        if size_bytes > MAX_FINDINGS_BYTES:
            break
        written.append(finding)
    return b"[" + b",".join(written) + b"]"
