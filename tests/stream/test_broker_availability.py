import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.engine import retry as module
from streams.engine.availability import BrokerAvailability
from streams.engine.retry import ATTEMPTS, Retry
from streams.errors import BrokersUnavailable, OperatorError


class Brokers:
    """Brokers that raise what they are told to, and what looks at their topics."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.trouble: OperatorError | None = None
        self.looks = 0
        self.owned = True
        self.gone = False
        self.outage = BrokerAvailability(self.look)
        self.attempts = Retry("ipg12.episodes/3", self.outage, lambda: self.owned)

    def look(self) -> None:
        self.looks += 1
        if self.trouble:
            raise self.trouble

    async def work(self) -> None:
        self.owned = not self.gone
        if self.faults:
            raise self.faults.pop(0)

    async def start_over(self, *, rejected: bool) -> None: ...

    async def make(self) -> None:
        await self.attempts.run(self.work, self.start_over, "offsets 1 to 2")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)


async def test_an_outage_is_said_once_when_it_begins_and_once_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    brokers = Brokers(*[KafkaConnectionError()] * 3 * ATTEMPTS)
    brokers.trouble = BrokersUnavailable("no answer")
    await brokers.make()
    assert caplog.messages == [
        "brokers.unavailable ipg12.episodes/3 fault=KafkaConnectionError",
        "brokers.available seconds=0",
    ]
    assert brokers.outage.reason is None


async def test_several_that_wait_look_at_the_topics_once() -> None:
    brokers = Brokers(*[TimeoutError()] * 8)
    await asyncio.gather(*(brokers.make() for _ in range(4)))
    assert brokers.looks == 1


async def test_the_last_that_waits_ends_the_outage() -> None:
    outage = Brokers().outage
    outage.report_unavailable("a", "TimeoutError")
    outage.report_unavailable("b", "TimeoutError")
    outage.report_available("a")
    assert outage.reason == "waiting for the brokers for 0 s: TimeoutError"
    outage.report_available("b")
    assert outage.reason is None


async def test_where_waiting_is_in_vain_the_look_at_the_topics_says_so() -> None:
    brokers = Brokers(TimeoutError())
    brokers.trouble = OperatorError("missing topics: ipg12.compliant")
    with pytest.raises(OperatorError, match="missing topics"):
        await brokers.make()


async def test_a_client_that_is_turned_down_again_and_again_stops_the_worker() -> None:
    brokers = Brokers(*[KafkaError()] * ATTEMPTS)
    with pytest.raises(OperatorError, match=r"offsets 1 to 2: KafkaError after 6 attempts"):
        await brokers.make()


async def test_an_outage_between_them_lets_attempts_count_anew() -> None:
    turned_down = [KafkaError()] * (ATTEMPTS - 1)
    brokers = Brokers(*turned_down, TimeoutError(), *turned_down)
    await brokers.make()
    assert not brokers.faults


@pytest.mark.parametrize("fault", [KafkaError(), TimeoutError()])
async def test_no_further_attempt_is_made_for_a_partition_that_has_gone(fault: Exception) -> None:
    brokers = Brokers(fault, fault)
    brokers.gone = True
    await brokers.make()
    assert len(brokers.faults) == 1
    assert brokers.outage.reason is None


async def test_an_outage_that_a_worker_does_not_see_the_end_of_is_not_said_to_be_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    brokers = Brokers(TimeoutError())
    brokers.gone = True
    await brokers.make()
    assert caplog.messages == ["brokers.unavailable ipg12.episodes/3 fault=TimeoutError"]


async def test_nothing_is_attempted_for_a_partition_of_another_worker() -> None:
    brokers = Brokers(KafkaError())
    brokers.owned = False
    await brokers.make()
    assert len(brokers.faults) == 1


async def test_once_given_up_nothing_is_attempted() -> None:
    brokers = Brokers(KafkaError())
    brokers.attempts.stop()
    await brokers.make()
    assert len(brokers.faults) == 1
