"""What is measured: invented loads, as a national return and as a spinal unit would send them."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from streams.demo.episodes import invented_episodes

PADDING_BYTES: Final = 75
"""Added to each invented episode, so that it has about 600 bytes."""


class Load(StrEnum):
    """A mixture of episodes."""

    NATIONAL = "national"
    HEAVY = "heavy"

    def values(self, records: int) -> Iterator[bytes]:
        """Invent so many episodes, as JSON."""
        return invented_episodes(records, **_SHARES[self], padding=PADDING_BYTES)


_SHARES: Final = {
    Load.NATIONAL: {"in_scope": 0.01, "faulty": 0.3},
    Load.HEAVY: {"in_scope": 1.0, "faulty": 0.33},
}
"""Of vertebroplasties among all episodes, and of wrong ones among those."""
