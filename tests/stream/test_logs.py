import logging
import os
import re
import subprocess
import sys
from textwrap import dedent

import pytest

from streams.logs import OneLine

CANARY = "9990000001"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR|CRITICAL) \S+.*")
TALKATIVE = {
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONDEVMODE": "1",
    "PYTHONWARNINGS": "always",
    "DEVLOG": "1",
    "FAUST_DEBUG": "1",
}


def line(
    message: str,
    *args: object,
    exception: BaseException | None = None,
    logger: str = "ipg12.worker",
) -> str:
    exc_info = (type(exception), exception, None) if exception else None
    return OneLine().format(
        logging.LogRecord(logger, logging.ERROR, "/code/place.py", 17, message, args, exc_info)
    )


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        if cause is not None:
            cause = raised(cause)
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_log_record_is_one_line_with_time_and_level() -> None:
    assert line("partition.opened %s next=%d", "a/1", 3).endswith(
        "Z ERROR partition.opened a/1 next=3"
    )
    assert "\n" not in line("one\ntwo")


def test_an_exception_is_named_but_what_it_says_is_not_shown() -> None:
    shown = line("agent.failed", exception=ValueError(CANARY))
    assert shown.endswith("agent.failed exception=ValueError")


def test_of_an_exception_with_a_cause_the_cause_and_its_place_are_named() -> None:
    shown = line("agent.failed", exception=raised(KeyError(CANARY), ValueError(CANARY)))
    assert re.search(r"failed exception=KeyError cause=ValueError raised=test_logs:\d+$", shown)


def test_causes_that_go_in_a_circle_come_to_an_end() -> None:
    one, other = KeyError(CANARY), ValueError(CANARY)
    one.__cause__, other.__cause__ = other, one
    assert line("failed", exception=one).endswith("failed exception=KeyError cause=ValueError")


@pytest.mark.parametrize("logger", ["faust.app", "ipg12x", "asyncio", "root"])
def test_of_what_a_library_says_only_its_place_is_shown(logger: str) -> None:
    shown = line(f"{CANARY} %r", CANARY, exception=ValueError(CANARY), logger=logger)
    assert CANARY not in shown
    assert shown.endswith(f"library.error logger={logger} at=place:17 exception=ValueError")


SAYINGS = {
    "python.failed exception=ValueError raised=<string>": "raise ValueError(CANARY)",
    "thread.failed exception=KeyError": """
        threading.Thread(target={}.pop, args=(CANARY,)).start()
    """,
    "python.unraisable exception=KeyError": """
        class Closing:
            def __del__(self):
                {}[CANARY]
        Closing()
    """,
    "python.warning UserWarning at=<string>": "warnings.warn(CANARY)",
    "python.warning ResourceWarning": """
        warnings.simplefilter("always")
        class Held(io.FileIO): pass
        Held("/dev/null").name = CANARY
    """,
    "library.error logger=asyncio at=base_events": """
        async def fail():
            raise ValueError(CANARY)
        async def start():
            asyncio.ensure_future(fail())
            await asyncio.sleep(0)
        asyncio.run(start())
    """,
    "library.error logger=concurrent.futures": """
        future = Future()
        future.set_result(CANARY)
        future.add_done_callback(int)
    """,
    "library.error logger=mode": """
        async def crash():
            try:
                raise ValueError(CANARY)
            except ValueError as error:
                await mode.Service().crash(error)
        mode.Service.logger = logging.getLogger("mode")
        asyncio.run(crash())
    """,
    "thread.failed exception=ValueError": """
        async def crash():
            try:
                raise ValueError(CANARY)
            except ValueError as error:
                ServiceThread.on_crash(None, "crashed: {0!r}", error)
        asyncio.run(crash())
    """,
    "signal.ignored": """
        canary = CANARY
        faust.Worker._on_sigusr1(None)
        faust.Worker._on_sigusr2(None)
    """,
    "done": """
        for name in ("faust.app", "mode", "aiokafka.consumer", "asyncio", "other"):
            logging.getLogger(name).warning(CANARY)
        logging.getLogger("aiokafka").error(CANARY)
        logging.getLogger("other").setLevel("DEBUG")
        logging.getLogger("other").debug(CANARY)
        logging.getLogger("ipg12.done").info("%d", CANARY)
        logging.getLogger("ipg12.done").info("done")
    """,
}


@pytest.mark.parametrize("expected,code", SAYINGS.items(), ids=SAYINGS)
@pytest.mark.parametrize("environment", [{}, TALKATIVE], ids=["plain", "talkative"])
def test_whatever_goes_wrong_is_told_in_lines_that_quote_nothing(
    expected: str, code: str, environment: dict[str, str]
) -> None:
    script = f"""
import asyncio, io, logging, sys, threading, warnings
from concurrent.futures import Future
import faust, mode
from mode.threads import ServiceThread
from streams.logs import set_up_logs
CANARY = str({int(CANARY) - 1} + 1)
print("now", file=sys.stderr)
set_up_logs()
{dedent(code)}
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert CANARY not in done.stdout + done.stderr
    assert done.stdout == ""
    said = done.stderr.partition("now\n")[2]
    assert expected in said
    assert [each for each in said.splitlines() if not LINE.fullmatch(each)] == []
