"""What is measured: invented loads, as a national return and as a spinal unit would send them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import cycle, islice
from typing import Final, Self

from schemas.verdict import Outcome
from streams.demo.episodes import invented_episodes
from streams.kafka.publish import record_key
from streams.kafka.topics import Topics
from streams.validation.check import judge
from streams.validation.reading import read_episode

SMALL_PADDING_BYTES: Final = 75
LARGE_PADDING_BYTES: Final = 5_475
"""Added to each invented episode, so that it has about 600 bytes, or 6 kB."""

POOL_RECORDS: Final = 10_000
"""Different records of a load; more of them are the same again."""

LEAST_WARM_UP_RECORDS: Final = 1_000

Record = tuple[bytes | None, bytes]
"""Key and value."""


class Load(StrEnum):
    """A mixture of episodes, of one size."""

    NATIONAL = "national"
    HEAVY = "heavy"
    NATIONAL_LARGE = "national-large"
    HEAVY_LARGE = "heavy-large"

    @property
    def heading(self) -> str:
        """Say what is in it."""
        mixture = "all in scope, a third wrong" if self in _HEAVY else "1 % in scope"
        size = "6 kB" if self in _LARGE else "600 bytes"
        return f"{self}: {mixture}, about {size} a record"

    @property
    def share(self) -> float:
        """Tell how many records of it are measured, for each one of the national load."""
        return 1.0 if self is Load.NATIONAL else 0.2

    def values(self, records: int) -> Iterator[bytes]:
        """Invent so many episodes, as JSON."""
        padding = LARGE_PADDING_BYTES if self in _LARGE else SMALL_PADDING_BYTES
        in_scope, faulty = (1.0, 0.33) if self in _HEAVY else (0.01, 0.3)
        return invented_episodes(records, in_scope=in_scope, faulty=faulty, padding=padding)

    @cache  # there are four
    def pool(self) -> Sequence[Record]:
        """Invent records to be published over and over."""
        return [(record_key(read_episode(value)), value) for value in self.values(POOL_RECORDS)]


_HEAVY: Final = {Load.HEAVY, Load.HEAVY_LARGE}
_LARGE: Final = {Load.NATIONAL_LARGE, Load.HEAVY_LARGE}


@dataclass(frozen=True, slots=True)
class Backlog:
    """Records that wait to be done, and what each has to come out as."""

    size: int
    pool: Sequence[Record]
    outcomes: Sequence[Outcome]

    @classmethod
    def of(cls, load: Load, records: int) -> Self:
        """Take so many records of a load, and judge them."""
        pool = load.pool()
        return cls(records, pool, [judge(value).outcome for _, value in pool])

    def first(self, records: int) -> "Backlog":
        """Give the first so many."""
        return replace(self, size=min(records, self.size))

    def warm_up(self) -> "Backlog":
        """Give the first ones, which are done before the time is taken."""
        # A JVM takes 100,000 records until all that matters is compiled: a share grows with them.
        return self.first(max(LEAST_WARM_UP_RECORDS, self.size // 10))

    def records(self, start: int = 0) -> Iterator[Record]:
        """Give the records, or those from one on."""
        return islice(cycle(self.pool), start, self.size)

    def expected(self, topics: Topics) -> Counter[str]:
        """Tell how many records each output topic, and that of the answers, should hold."""
        outcomes = islice(cycle(self.outcomes), self.size)
        expected = Counter(topics.outputs[outcome] for outcome in outcomes)
        in_scope = self.size - expected[topics.outputs[Outcome.OUT_OF_SCOPE]]
        return +(expected + Counter({topics.verdicts: in_scope}))

    def __len__(self) -> int:
        """Count the records."""
        return self.size
