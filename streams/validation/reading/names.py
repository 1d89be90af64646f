"""Fields that a publisher calls otherwise: `EPISODE_ID`, `diags`."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from schemas.episode import Episode
from streams.validation.reading.hints import OTHER_CAPITALS, OTHER_NAME, Hint

_NAME_CHARACTERS: Final = 40
_INSIGNIFICANT = re.compile(r"[^a-z0-9]|[0-9]+$")
"""What does not tell two names apart, the number of a column included."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OTHER_NAMES: Final = {
    "episode_id": _words("episodeid episodeidentifier episodekey episode epikey epiid apceident"),
    "provider_code": _words(
        "providercode provider providerid procode odscode ods orgcode organisationcode "
        "organizationcode derprovidercode"
    ),
    "procedures": _words(
        "procedures procedure procs proc procedurecodes procedurecode procedurelist "
        "primaryprocedure opcs opcscodes opcscode opcs4codes opcs4code opertn operations "
        "operationcodes derprocedureall"
    ),
    "diagnoses": _words(
        "diagnoses diagnosis diags diag diagnosiscodes diagnosescodes diagnosiscode "
        "diagnosislist primarydiagnosis icd icdcodes icdcode icd10codes icd10code dx "
        "derdiagnosisall"
    ),
    "withdrawn": _words("withdrawn withdraw withdrawal iswithdrawn deleted isdeleted cancelled"),
}
"""Names by which a field is known elsewhere, in small letters and without separators."""


def hint_at_other_name(field: str, members: Mapping[str, object]) -> Hint | None:
    """Return the hint that a field stands in a record under another name, if one does."""
    found = {_plain(name) for name in _unknown_names(members)} & OTHER_NAMES[field]
    if not found:
        return None
    return OTHER_CAPITALS if field.replace("_", "") in found else OTHER_NAME


def lacks_codes(members: Mapping[str, object]) -> bool:
    """Return whether a record has neither list of codes, as a withdrawal may."""
    return members.get("procedures") is None and members.get("diagnoses") is None


def hint_at_withdrawal(members: Mapping[str, object]) -> Hint | None:
    """Return the hint that a record without lists of codes is a withdrawal by another name."""
    if not lacks_codes(members) or members.get("withdrawn") is not None:
        return None
    said = {name: member for name, member in members.items() if member is not False}
    return hint_at_other_name("withdrawn", said)


def _unknown_names(members: Mapping[str, object]) -> Iterable[str]:
    return (
        name
        for name, member in members.items()
        if member is not None and len(name) <= _NAME_CHARACTERS and name not in Episode.model_fields
    )


def _plain(name: str) -> str:
    return _INSIGNIFICANT.sub("", name.lower())
