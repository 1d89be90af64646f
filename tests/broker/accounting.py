"""The books of a run: what came in against what a reader of committed records finds going out."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from broker.expectation import Incoming, source_of
from broker.records import Record

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.validation.check import judge

EXAMPLES = 5


@dataclass
class Account:
    """What is wrong in the books; every list names records, none their content."""

    records: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    misrouted: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    misanswered: list[str] = field(default_factory=list)
    miscounted: list[str] = field(default_factory=list)

    def faults(self) -> dict[str, list[str]]:
        """Give the lists that are not empty."""
        lists = {item.name: getattr(self, item.name) for item in fields(self)[1:]}
        return {name: faults for name, faults in lists.items() if faults}

    def __str__(self) -> str:
        lines = [f"{self.records} records came in"]
        for name, faults in self.faults().items():
            lines += [f"{name}: {len(faults)}", *(f"  {fault}" for fault in faults[:EXAMPLES])]
        return "\n".join(lines)

    def assert_clean(self) -> None:
        """Fail with the report unless everything came out once, as it was, and was counted."""
        assert self.records, "nothing came in: this proves nothing"
        assert not self.faults(), str(self)


@dataclass
class Books:
    """Everything that was read back from the topics of one deployment."""

    group: str
    max_bytes: int
    incoming: Iterable[Record]
    copies: Mapping[Outcome, Iterable[Record]]
    answers: Iterable[Record]
    ledger: Iterable[Record]
    copied: frozenset[Outcome] = frozenset(Outcome)
    """Outcomes whose records are copied, not only counted."""
    keys_stay: bool = True
    """Whether answers of one key stand on one partition: not where partitions were added."""

    def close(self) -> Account:
        """Compare everything with everything."""
        known = {
            str(record): Incoming(
                record, judge(record.content.value, self.max_bytes, key=record.content.key)
            )
            for record in self.incoming
        }
        account = Account(records=len(known))
        self._follow_copies(known, account)
        self._follow_answers(known, account)
        self._follow_counts(known, account)
        return account

    def _follow_copies(self, known: dict[str, Incoming], account: Account) -> None:
        due = {name for name, item in known.items() if item.verdict.outcome in self.copied}
        seen: set[str] = set()
        for outcome, copies in self.copies.items():
            order = _Order(account)
            for copy in copies:
                source = source_of(copy)
                if source not in known:
                    account.unknown.append(f"{copy} says that it is from {source}")
                    continue
                if source in seen:
                    account.doubled.append(f"{source} also at {copy}")
                seen.add(source)
                order.meet(copy, known[source].record)
                if known[source].verdict.outcome is not outcome or source not in due:
                    account.misrouted.append(f"{source} at {copy}")
                for part in known[source].changes(copy, self.group):
                    account.changed.append(f"{source}: {part} at {copy}")
        account.lost += sorted(due - seen)

    def _follow_answers(self, known: dict[str, Incoming], account: Account) -> None:
        due = {
            name for name, item in known.items() if item.verdict.outcome is not Outcome.OUT_OF_SCOPE
        }
        seen: set[str] = set()
        homes: dict[bytes, int] = {}
        order = _Order(account)
        for answer in self.answers:
            key, home = answer.content.key, answer.content.partition
            verdict = json.loads(answer.content.value or b"{}")
            source = "{topic}/{partition}/{offset}".format_map(verdict["source"])
            if source not in due:
                account.misanswered.append(f"{answer} answers {source}")
                continue
            if source in seen:
                account.misanswered.append(f"{source} is answered again at {answer}")
            seen.add(source)
            order.meet(answer, known[source].record)
            if verdict != known[source].answer:
                account.misanswered.append(f"{source} is answered otherwise at {answer}")
            if key != known[source].answer_key:
                account.misanswered.append(f"{answer} has another key")
            if answer.content.headers != known[source].answer_headers:
                account.misanswered.append(f"{answer} has other headers")
            if self.keys_stay and key and homes.setdefault(key, home) != home:
                account.misanswered.append(f"{answer} is apart from others of its key")
        account.misanswered += [f"{source} is not answered" for source in sorted(due - seen)]

    def _follow_counts(self, known: dict[str, Incoming], account: Account) -> None:
        rows: dict[str, LedgerRow] = {}
        homes: dict[str, int] = {}
        for record in self.ledger:
            key, home = (record.content.key or b"").decode(), record.content.partition
            rows[key] = LedgerRow.model_validate_json(record.content.value or b"")
            if homes.setdefault(key, home) != home:
                account.miscounted.append(f"{key} has rows in two partitions")
        expected = {key: _count(items) for key, items in _by_partition(known.values()).items()}
        for key in sorted(expected.keys() | rows.keys()):
            if _plain(rows.get(key)) != _plain(expected.get(key)):
                account.miscounted.append(f"{key}: {rows.get(key)}, not {expected.get(key)}")


class _Order:
    """Watches that what comes from one partition stands in its order on each partition."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._last: dict[tuple[int, int], int] = {}

    def meet(self, record: Record, source: Record) -> None:
        way = (source.content.partition, record.content.partition)
        if source.offset < self._last.get(way, -1):
            self._account.out_of_order.append(f"{source} at {record}")
        self._last[way] = source.offset


def _by_partition(items: Iterable[Incoming]) -> dict[str, list[Incoming]]:
    partitions = defaultdict(list)
    for item in items:
        partitions[f"{item.record.topic}/{item.record.content.partition}"].append(item)
    return partitions


def _count(items: list[Incoming]) -> LedgerRow:
    return LedgerRow(
        upto=max(item.record.offset for item in items),
        outcomes=Counter(item.verdict.outcome for item in items),
        rules=Counter(finding.rule for item in items for finding in item.verdict.findings),
    )


def _plain(row: LedgerRow | None) -> object:
    """Leave out what is counted as 0."""
    if row is None:
        return None
    return [row.upto, *({k: v for k, v in each.items() if v} for each in (row.outcomes, row.rules))]
