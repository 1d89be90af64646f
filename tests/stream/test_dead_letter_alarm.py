from collections import Counter

import pytest

from schemas.verdict import Outcome
from streams.worker.dead_letter_alarm import DeadLetterAlarm
from streams.worker.metrics import Metrics


class Minute:
    """Metrics, a second at a time."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.seconds = 0.0
        self.flood = DeadLetterAlarm(self.metrics, lambda: self.seconds)

    def second(self, *, dead: int, compliant: int) -> None:
        self.metrics.outcomes += Counter({Outcome.DEAD_LETTER: dead, Outcome.COMPLIANT: compliant})
        self.seconds += 1
        self.flood.tick()

    def share(self) -> float:
        (line,) = [
            line
            for line in self.metrics.exposition().decode().splitlines()
            if line.startswith("ipg12_dead_letter_share ")
        ]
        return float(line.split()[1])


def test_a_flood_of_dead_letters_is_said_once_and_so_is_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    minute = Minute()
    for _ in range(5):
        minute.second(dead=10, compliant=10)
    assert minute.share() == 0.5
    for _ in range(120):
        minute.second(dead=0, compliant=10)
    assert minute.share() == 0
    assert [line.split()[0] for line in caplog.messages] == [
        "dead-letters.flood",
        "dead-letters.recovered",
    ]


@pytest.mark.parametrize("dead, compliant", [(19, 0), (99, 1000)])
def test_few_dead_letters_or_a_small_share_are_no_flood(
    dead: int, compliant: int, caplog: pytest.LogCaptureFixture
) -> None:
    minute = Minute()
    minute.second(dead=dead, compliant=compliant)
    assert not caplog.messages


def test_what_was_longer_ago_than_a_minute_does_not_count() -> None:
    minute = Minute()
    minute.second(dead=1000, compliant=0)
    for _ in range(60):
        minute.second(dead=0, compliant=1)
    assert minute.share() == 0


def test_without_records_there_is_no_share_of_dead_letters() -> None:
    minute = Minute()
    minute.second(dead=0, compliant=0)
    assert minute.share() == 0
