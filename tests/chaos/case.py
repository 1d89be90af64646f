"""A case of chaos: one kind of fault, how often it is to strike, and what is left of the books."""

from collections.abc import Callable
from dataclasses import dataclass

from broker.accounting import Account
from chaos.scene import Scene

Play = Callable[[Scene, int], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of fault."""

    play: Play
    short: int
    """Rounds in the short form; 0 where it takes too long for every change."""
    long: int
    alone: bool
    """Whether it strikes at brokers or connections, so that no other may be played meanwhile."""
    partitions: int
    settings: dict[str, str]

    @property
    def name(self) -> str:
        """What happens, in words."""
        return self.play.__name__.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case."""

    case: Case
    strikes: int
    longest_pause_seconds: float
    account: Account
    notes: list[str]

    def assert_clean(self) -> None:
        """Fail unless the fault struck, and the books are clean all the same."""
        assert self.strikes, "the fault never struck: this proves nothing"
        self.account.assert_clean()


def case(
    *, short: int, long: int, alone: bool = False, partitions: int = 4, **settings: str
) -> Callable[[Play], Case]:
    """Make a case of a function that lets its fault strike in so many rounds.

    `settings` are for every worker: `chunk_records="2000"` and the like.
    """

    def decorate(play: Play) -> Case:
        return Case(play, short, long, alone, partitions, settings)

    return decorate


def run(case: Case, scene: Scene, rounds: int) -> Result:
    """Play a case to its end, and close the books."""
    with scene:
        case.play(scene, rounds)
        pause = scene.finish()
        return Result(case, scene.strikes, pause, scene.account(), scene.notes)
