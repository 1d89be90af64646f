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
    """A message as confluent_kafka returns it."""

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


class FakeReader:
    """A TopicReader whose topics hold some values, on brokers that answer or do not."""

    def __init__(self, *values: bytes, lags: list[int | None]) -> None:
        self._values = [*values]
        self._lags = lags
        self.positions: list[Mapping[str, int]] = []
        self.unfinished = {(TOPICS.ledger, 0)}

    def poll(self) -> Iterator[Message]:
        if self._values:
            yield Message(self._values.pop(0))
        else:
            self.unfinished.clear()

    def verify_whole(self) -> None:
        pass

    def lag(self, topic: str, done: Mapping[str, int]) -> int | None:
        assert topic == TOPICS.episodes
        self.positions.append(done)
        return self._lags.pop(0) if len(self._lags) > 1 else self._lags[0]


async def followed(
    reader: FakeReader, until: Callable[[ReadModel], object], monkeypatch: pytest.MonkeyPatch
) -> ReadModel:
    """Follow until the read model fulfils a condition, and return it."""
    monkeypatch.setattr(following, "CHECK_SECONDS", -1)
    read_model, broadcast = ReadModel(TOPICS), Broadcast()
    task = asyncio.create_task(follow(reader, TOPICS.episodes, read_model, broadcast))  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        while not until(read_model):
            await broadcast.wait(1)
    broadcast.close()
    await task
    return read_model


async def test_it_is_complete_once_every_topic_was_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = FakeReader(ROW.model_dump_json().encode(), lags=[3])
    read_model = await followed(reader, lambda model: model.complete, monkeypatch)
    assert read_model.timeline.upto == {"e/0": 7}
    assert reader.positions[-1] == {"e/0": 7}
    assert (read_model.lag, read_model.brokers_unreachable_since) == (3, None)


async def test_it_reports_since_when_brokers_are_unreachable_until_they_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unreachable = await followed(
        FakeReader(lags=[5, None]), lambda model: model.brokers_unreachable_since, monkeypatch
    )
    assert unreachable.lag == 5
    back = await followed(FakeReader(lags=[None, 4]), lambda model: model.lag == 4, monkeypatch)
    assert back.brokers_unreachable_since is None


async def test_an_invalid_record_ends_it() -> None:
    with pytest.raises(OperatorError, match="was not written by ipg12"):
        await follow(FakeReader(b"{", lags=[0]), "e", ReadModel(TOPICS), Broadcast())  # type: ignore[arg-type]
