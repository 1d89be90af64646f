import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from broker.accounting import Books
from broker.expectation import ECHOED
from broker.load import mixed_load
from broker.records import Content, Header, Record

from schemas.codes import read_procedure_code
from schemas.verdict import Outcome
from streams.validation.check import judge
from streams.validation.routing import Routing

MAX_BYTES = 2000
GROUP = "group"


@dataclass
class Run:
    """What a faultless worker would have left, to be spoiled by a test."""

    incoming: list[Record] = field(default_factory=list)
    copies: dict[Outcome, list[Record]] = field(default_factory=lambda: {o: [] for o in Outcome})
    answers: list[Record] = field(default_factory=list)
    ledger: list[Record] = field(default_factory=list)

    def books(self) -> Books:
        return Books(GROUP, MAX_BYTES, self.incoming, self.copies, self.answers, self.ledger)


def written(
    topic: str, offset: int, key: bytes | None, value: object, headers: tuple[Header, ...] = ()
) -> Record:
    return Record(topic, offset, Content(0, key, json.dumps(value).encode(), headers, 0))


@pytest.fixture
def run() -> Run:
    run, routing = Run(), Routing("in", 0, GROUP, echo=ECHOED)
    outcomes: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for content in mixed_load(300, seed=1, partitions=1, newest=10**12, max_bytes=MAX_BYTES):
        offset = len(run.incoming)
        record = Record("in", offset, content)
        verdict = judge(content.value, MAX_BYTES, key=content.key)
        run.incoming.append(record)
        if verdict.outcome is Outcome.OUT_OF_SCOPE:
            codes = map(read_procedure_code, verdict.procedures or ())
            malformed = sum(code.malformed for code in codes)
            headers = tuple(routing.out_of_scope(malformed, offset, content.headers))
        else:
            headers = tuple(routing.headers(verdict, offset, content.headers))
        copies = run.copies[verdict.outcome]
        copies.append(Record(verdict.outcome, len(copies), replace(content, headers=headers)))
        if verdict.outcome is not Outcome.OUT_OF_SCOPE:
            key, answer = routing.verdict(verdict, offset)
            echoed = tuple(routing.verdict_headers(verdict.outcome, offset, content.headers))
            run.answers.append(
                written("verdicts", len(run.answers), key, json.loads(answer), echoed)
            )
        outcomes[verdict.outcome] += 1
        rules.update(finding.rule for finding in verdict.findings)
        row = {"upto": offset, "outcomes": outcomes, "rules": rules}
        run.ledger.append(written("ledger", offset, b"in/0", row))
    return run


def spoil(records: list[Record], index: int, **parts: Any) -> None:  # noqa: ANN401  # of a Content
    records[index] = replace(records[index], content=replace(records[index].content, **parts))


def add_header(name: str) -> Callable[[Run], None]:
    def add(run: Run) -> None:
        copies = run.copies[Outcome.COMPLIANT]
        spoil(copies, 3, headers=(*copies[3].content.headers, (name, b"more")))

    return add


def empty_keys(run: Run) -> None:
    for index, copy in enumerate(run.copies[Outcome.COMPLIANT]):
        if copy.content.key is None:
            spoil(run.copies[Outcome.COMPLIANT], index, key=b"")


def drop_unreadable(run: Run) -> None:
    for index, copy in enumerate(run.copies[Outcome.OUT_OF_SCOPE]):
        kept = tuple(each for each in copy.content.headers if each[0] != "ipg12-unreadable")
        spoil(run.copies[Outcome.OUT_OF_SCOPE], index, headers=kept)


FAULTS: dict[str, tuple[Callable[[Run], object], set[str]]] = {
    "a copy is missing": (lambda run: run.copies[Outcome.COMPLIANT].pop(3), {"lost"}),
    "a copy is there twice": (
        lambda run: run.copies[Outcome.DEAD_LETTER].append(run.copies[Outcome.DEAD_LETTER][-1]),
        {"doubled"},
    ),
    "a copy is of nothing that came in": (
        lambda run: run.incoming.pop(),
        {"unknown", "miscounted"},
    ),
    "a copy is in the wrong topic": (
        lambda run: run.copies[Outcome.COMPLIANT].append(run.copies[Outcome.NON_COMPLIANT].pop()),
        {"misrouted"},
    ),
    "copies are out of order": (
        lambda run: run.copies[Outcome.OUT_OF_SCOPE].reverse(),
        {"out_of_order"},
    ),
    "bytes differ": (
        lambda run: spoil(run.copies[Outcome.NON_COMPLIANT], 0, value=b"{}"),
        {"changed"},
    ),
    "a key is empty instead of none": (empty_keys, {"changed"}),
    "a timestamp differs": (
        lambda run: spoil(run.copies[Outcome.COMPLIANT], 0, timestamp=1),
        {"changed"},
    ),
    "the partition differs": (
        lambda run: spoil(run.copies[Outcome.COMPLIANT], -1, partition=1),
        {"changed"},
    ),
    "a header of theirs is added": (add_header("trace"), {"changed"}),
    "a header of ours is repeated": (add_header("ipg12-outcome"), {"changed"}),
    "headers are gone": (
        lambda run: spoil(run.copies[Outcome.COMPLIANT], 3, headers=()),
        {"unknown", "lost"},
    ),
    "an answer is missing": (lambda run: run.answers.pop(3), {"misanswered"}),
    "an answer is there twice": (lambda run: run.answers.append(run.answers[-1]), {"misanswered"}),
    "an answer has another header": (
        lambda run: spoil(run.answers, 0, headers=(*run.answers[0].content.headers, ("a", b"1"))),
        {"misanswered"},
    ),
    "an answer lacks a header": (
        lambda run: spoil(run.answers, 0, headers=run.answers[0].content.headers[:-1]),
        {"misanswered"},
    ),
    "malformed procedures are not counted": (drop_unreadable, {"changed"}),
    "an answer has another key": (lambda run: spoil(run.answers, 0, key=b"X"), {"misanswered"}),
    "the ledger is behind": (lambda run: run.ledger.pop(), {"miscounted"}),
    "the ledger has rows of another partition": (
        lambda run: run.ledger.append(replace_key(run.ledger[-1], b"in/1")),
        {"miscounted"},
    ),
}


def replace_key(record: Record, key: bytes) -> Record:
    return replace(record, content=replace(record.content, key=key))


def test_the_books_of_a_faultless_run_are_clean(run: Run) -> None:
    run.books().close().assert_clean()


@pytest.mark.parametrize("fault", FAULTS)
def test_the_books_show_it_where(run: Run, fault: str) -> None:
    spoil_run, expected = FAULTS[fault]
    spoil_run(run)
    account = run.books().close()
    assert expected <= account.faults().keys()
    with pytest.raises(AssertionError, match=expected.pop()):
        account.assert_clean()


def test_books_without_records_are_not_clean() -> None:
    with pytest.raises(AssertionError, match="nothing came in"):
        Run().books().close().assert_clean()
