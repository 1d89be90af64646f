import pytest
from aiokafka.errors import KafkaConnectionError

from streams.engine import watermarks as module
from streams.engine.watermarks import Watermarks
from streams.settings import Settings


class Brokers:
    unavailable = False

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def topics(self) -> set[str]:
        if self.unavailable:
            raise KafkaConnectionError
        return set()


async def test_without_partitions_it_is_seen_too_whether_the_brokers_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    brokers, now = Brokers(), [0.0]
    monkeypatch.setattr(module, "committed_consumer", lambda *_, **__: brokers)
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    watermarks = Watermarks(Settings())
    silent = []
    for brokers.unavailable in (False, True, False):
        now[0] += module.SILENT_SECONDS + 1
        assert await watermarks.read([]) == {}
        silent.append(watermarks.silent)
    assert silent == [False, True, False]
