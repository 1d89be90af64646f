"""DX01: diagnosis missing."""

from collections.abc import Iterator

from schemas.verdict import Severity
from streams.validation.placed import DIAGNOSIS_LIST
from streams.validation.rule import Clause, Hit, Pair, coded, rule
from streams.validation.sequence import CodedSequence


@rule(
    "DX01",
    severity=Severity.ERROR,
    title="Diagnosis missing",
    source=Clause.C5,
    looks_at="without_diagnoses",
    pairs=(
        Pair(
            why="no diagnosis at all",
            bad=coded("V44.4 V55.1 Y53.4 Z66.5", ""),
            good=coded("V44.4 V55.1 Y53.4 Z66.5", "M80.58"),
        ),
    ),
)
def diagnosis_missing(_: CodedSequence) -> Iterator[Hit]:
    """Code the diagnosis for which the procedure was performed.

    A vertebroplasty always has an indication: an osteoporotic fracture, an injury or a tumour.
    The recommendation requires the ICD-10 code of that diagnosis.
    Without one the episode cannot be grouped or counted.
    """
    yield Hit(DIAGNOSIS_LIST, "An ICD-10 code for what was treated.")
