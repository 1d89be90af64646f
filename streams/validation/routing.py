"""Headers of output records, and the records on the verdicts topic."""

from collections.abc import Collection, Iterable
from typing import Final

from pydantic_core import to_json

from schemas.verdict import RULESET, Finding, Outcome, Verdict
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
        "ipg12-unreadable",
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

    def __init__(
        self, topic: str, partition: int, group: str, *, echo: Collection[str] = frozenset()
    ) -> None:
        """Set the source partition, and the consumer group that reads it.

        `echo` names the headers of a record that its verdict gets too.
        """
        self._echo = frozenset(echo)
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
        headers = self._with_ours(_theirs(incoming), outcome, offset)
        if verdict.findings:
            headers.append(("ipg12-rules", ",".join(verdict.rules).encode()))
        if outcome in _REFUSED:
            headers += self._dead_letter_queue(_message(verdict), offset)
        if outcome is Outcome.NON_COMPLIANT:
            headers.append(("ipg12-findings", _findings(verdict.findings)))
        return headers

    def out_of_scope(self, malformed: int, offset: int, incoming: Iterable[Header]) -> list[Header]:
        """Return the headers of an episode out of scope; `malformed` counts its procedures."""
        headers = self._with_ours(_theirs(incoming), Outcome.OUT_OF_SCOPE, offset)
        if malformed:
            headers.append(("ipg12-unreadable", str(malformed).encode()))
        return headers

    def refused(self, message: str, offset: int, incoming: Iterable[Header]) -> list[Header]:
        """Return the headers of a dead letter that is not an episode; `message` says why."""
        headers = self._with_ours(_theirs(incoming), Outcome.DEAD_LETTER, offset)
        return headers + self._dead_letter_queue(message, offset)

    def verdict(self, verdict: Verdict, offset: int) -> tuple[bytes | None, bytes]:
        """Return the key and value of the record on the verdicts topic."""
        source = {"topic": self._topic, "partition": self._partition, "offset": offset}
        key = verdict.provider_code.encode() if verdict.provider_code else None
        # Copying the model would take longer than writing it.
        return key, to_json(vars(verdict) | {"source": source})

    def verdict_headers(
        self, outcome: Outcome, offset: int, incoming: Iterable[Header]
    ) -> list[Header]:
        """Return the headers of the record on the verdicts topic: those to echo, then ours."""
        echoed = [header for header in incoming if header[0] in self._echo]
        return self._with_ours(echoed, outcome, offset)

    def _with_ours(self, headers: list[Header], outcome: Outcome, offset: int) -> list[Header]:
        """Append to `headers` those that every record gets."""
        headers += _OPENING[outcome]
        headers.append(("ipg12-source", f"{self._source}{offset}".encode()))
        return headers

    def _dead_letter_queue(self, message: str, offset: int) -> list[Header]:
        return [
            *self._origin,
            ("__dlq.errors.offset", str(offset).encode()),
            ("__dlq.errors.message", message.encode()),
        ]


def _theirs(incoming: Iterable[Header]) -> list[Header]:
    return [header for header in incoming if header[0] not in HEADER_NAMES]


def _message(verdict: Verdict) -> str:
    """Return one line on why a record was refused: rule codes, or reason, faults and hint."""
    rejection = verdict.rejection
    if rejection is None:
        return f"breaks {', '.join(verdict.rules)}"
    faults = [f"{fault.place} {fault.message}" for fault in rejection.errors]
    hint = [rejection.hint] if rejection.hint else []
    return f"{rejection.reason}: {'; '.join(faults + hint)}"


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
