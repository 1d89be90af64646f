import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest
from dashboard.scenes import TOPICS

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.dashboard import following
from streams.dashboard.broadcast import Broadcast
from streams.dashboard.following import follow
from streams.dashboard.read_model import ReadModel
from streams.errors import OperatorError

ROW = LedgerRow(upto=7, outcomes={Outcome.COMPLIANT: 8}, rules={})


class Message:
    """As librdkafka gives it."""

    def __init__(self, value: bytes) -> None:
        self._value = value

    def topic(self) -> str:
        return TOPICS.ledger

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 0

    def timestamp(self) -> tuple[int, int]:
        return 1, 0

    def key(self) -> bytes:
        return b"e/0"

    def value(self) -> bytes:
        return self._value


class Contents:
    """Topics that end after what was given, on brokers that answer or do not."""

    def __init__(self, *values: bytes, answers: list[int | None]) -> None:
        self._values = [*values]
        self._answers = answers
        self.asked: list[Mapping[str, int]] = []
        self.unfinished = {(TOPICS.ledger, 0)}

    def poll(self) -> Iterator[Message]:
        if self._values:
            yield Message(self._values.pop(0))
        else:
            self.unfinished.clear()

    def verify_whole(self) -> None:
        pass

    def left(self, topic: str, done: Mapping[str, int]) -> int | None:
        assert topic == TOPICS.episodes
        self.asked.append(done)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def followed(
    contents: Contents, until: Callable[[ReadModel], object], monkeypatch: pytest.MonkeyPatch
) -> ReadModel:
    """Follow until the view says what is waited for."""
    monkeypatch.setattr(following, "LOOK_SECONDS", -1)
    view, notice = ReadModel(TOPICS), Broadcast()
    task = asyncio.create_task(follow(contents, TOPICS.episodes, view, notice))  # type: ignore[arg-type]  # a fake
    async with asyncio.timeout(10):
        while not until(view):
            await notice.wait(1)
    notice.close()
    await task
    return view


async def test_it_is_complete_once_every_topic_was_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contents = Contents(ROW.model_dump_json().encode(), answers=[3])
    view = await followed(contents, lambda view: view.complete, monkeypatch)
    assert view.timeline.upto == {"e/0": 7}
    assert contents.asked[-1] == {"e/0": 7}
    assert (view.lag, view.brokers_unreachable_since) == (3, None)


async def test_it_says_since_when_brokers_are_silent_until_they_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = await followed(
        Contents(answers=[5, None]), lambda view: view.brokers_unreachable_since, monkeypatch
    )
    assert silent.lag == 5
    back = await followed(Contents(answers=[None, 4]), lambda view: view.lag == 4, monkeypatch)
    assert back.brokers_unreachable_since is None


async def test_what_is_none_of_ours_ends_it() -> None:
    with pytest.raises(OperatorError, match="is none of ours"):
        await follow(Contents(b"{", answers=[0]), "e", ReadModel(TOPICS), Broadcast())  # type: ignore[arg-type]  # a fake
