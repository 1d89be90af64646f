"""DX06: no usual indication among the diagnoses."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.placed import DIAGNOSIS_LIST
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "DX06",
    severity=Severity.INFORMATION,
    title="No usual indication among the diagnoses",
    source=Clause.C5,
    looks_at="without_indication",
    pairs=(
        Pair(
            why="pneumonia is not an indication for vertebroplasty",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "J18.9"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58 J18.9"),
        ),
        Pair(
            why="in S22, only fractures of vertebrae",
            bad=coded("V44.4 V55.1 Y53.4 Z66.4", "S22.20 W19.0"),
            good=coded("V44.4 V55.1 Y53.4 Z66.4", "S22.00 W19.0"),
        ),
        Pair(
            why="in M48, only fatigue fracture and collapsed vertebra",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "M48.06"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M48.56"),
        ),
        Pair(
            why="in C79, only bone",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.4"),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "C79.5"),
        ),
    ),
)
def indication_not_coded(_: CodedSequence) -> Iterator[Hit]:
    """Check that the indication for the procedure is coded.

    Vertebroplasty is performed for fractures of the spine, osteoporosis and vertebral tumours.
    None of these is among the diagnoses.
    Other indications are possible, so this is not an error; most often the code was forgotten.
    """
    yield Hit(DIAGNOSIS_LIST, "The indication for the procedure.")
