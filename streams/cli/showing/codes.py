"""The codes of an episode as people write them."""

from schemas.codes import dotted, normalise, read_diagnosis_code, read_procedure_code
from schemas.episode import Episode, submitted_codes


def shown_procedures(episode: Episode) -> list[str]:
    """Return the procedure codes with their dots; malformed ones as submitted."""
    return [read_procedure_code(code).shown for code in submitted_codes(episode.procedures)]


def shown_diagnoses(episode: Episode) -> list[str]:
    """Return the diagnosis codes with their dots; malformed ones as submitted."""
    return [
        code if read_diagnosis_code(code).malformed else dotted(normalise(code))
        for code in submitted_codes(episode.diagnoses)
    ]
