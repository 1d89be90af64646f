import logging

from streams.logs import OneLine


def line(message: str, *args: object, exception: BaseException | None = None) -> str:
    exc_info = (type(exception), exception, None) if exception else None
    return OneLine().format(
        logging.LogRecord("ipg12", logging.ERROR, "", 0, message, args, exc_info)
    )


def test_a_log_record_is_one_line_with_time_and_level() -> None:
    assert line("partition.open %s next=%d", "a/1", 3).endswith("Z ERROR partition.open a/1 next=3")
    assert "\n" not in line("one\ntwo")


def test_an_exception_is_named_but_what_it_says_is_not_shown() -> None:
    shown = line("agent.failed", exception=ValueError("9990000001"))
    assert shown.endswith("agent.failed exception=ValueError")
