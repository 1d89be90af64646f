import asyncio

import pytest

from streams.kafka.stopping import stop_within


async def fails(fault: BaseException) -> None:
    raise fault


@pytest.mark.parametrize("fault", [ValueError(), asyncio.CancelledError()])
async def test_what_a_client_raises_when_it_stops_does_not_reach_us(fault: BaseException) -> None:
    assert not await stop_within(1, fails(fault))


async def test_a_client_that_does_not_stop_is_left_behind() -> None:
    assert not await stop_within(0.01, asyncio.Event().wait())


async def test_a_client_that_stops_is_waited_for() -> None:
    stopped = asyncio.Event()

    async def stop() -> None:
        await asyncio.sleep(0)
        stopped.set()

    assert await stop_within(1, stop())
    assert stopped.is_set()
