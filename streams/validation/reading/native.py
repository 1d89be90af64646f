"""The native episode, read member by member: what is wrong with it, or what was left out."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas.codes import read_procedure_code
from schemas.episode import Episode, Withdrawal, code_of
from schemas.rejection import Fault, Reason, Rejection, Remark
from streams.validation.reading.code_lists import (
    DIAGNOSES,
    PROCEDURES,
    CodeListReading,
    read_code_list,
)
from streams.validation.reading.formats import recognise_object
from streams.validation.reading.hints import Hint
from streams.validation.reading.identity import IDENTITY, identity_faults, readable_identity
from streams.validation.reading.json_text import repeated, unambiguous
from streams.validation.reading.names import hint_at_other_name, hint_at_withdrawal
from streams.validation.reading.rejections import REPEATED, reject
from streams.validation.reading.remarks import LEFT_OUT, boolean, is_unclear_withdrawal, remarks

_WITHDRAWN: Final = "withdrawn"
_OTHER_NAME_HOLDS_IT: Final = "is missing, though a field of another name seems to hold it"
_UNREAD_DIAGNOSES: Final = Remark(
    place=DIAGNOSES, message="cannot be read, and were left out of an episode out of scope"
)


def read_native(members: dict[str, Any]) -> Episode | Withdrawal | Rejection:
    """Read the members of a native episode."""
    once = unambiguous(members)
    withdrawn = once.get(_WITHDRAWN)
    if boolean.isinstance_python(withdrawn) and boolean.validate_python(withdrawn):
        return read_withdrawal(members)
    procedures = _read_list(PROCEDURES, members, once)
    diagnoses = _read_list(DIAGNOSES, members, once)
    unread = bool(diagnoses.faults) and _out_of_scope(procedures)
    if unread:
        diagnoses = CodeListReading()
    faults = [*identity_faults(members, once), *procedures.faults, *diagnoses.faults]
    faults += [Fault(place=name, message=REPEATED) for name in repeated(members, [_WITHDRAWN])]
    other_name = hint_at_withdrawal(once)
    if other_name:
        faults.append(Fault(place=_WITHDRAWN, message=_OTHER_NAME_HOLDS_IT))
    elif is_unclear_withdrawal(once):
        faults.append(Fault(place=_WITHDRAWN, message="should be true or false"))
    if faults:
        return _refused(once, faults, procedures.hint or diagnoses.hint or other_name)
    episode = Episode(
        **readable_identity(once),
        procedures=procedures.entries,
        diagnoses=diagnoses.entries,
        **{name: members.get(name) for name in LEFT_OUT},
    )
    lists = {PROCEDURES: procedures.submitted, DIAGNOSES: diagnoses.submitted}
    found = remarks(episode, {**members, **lists})
    return episode.model_copy(update={"remarks": (_UNREAD_DIAGNOSES,) * unread + found})


def read_withdrawal(members: dict[str, Any]) -> Withdrawal | Rejection:
    """Read the withdrawal of an episode, of which nothing but its identity matters."""
    once = unambiguous(members)
    faults = [*identity_faults(members, once)]
    return _refused(once, faults) if faults else Withdrawal(**readable_identity(once))


def _read_list(name: str, members: dict[str, Any], once: Mapping[str, object]) -> CodeListReading:
    if repeated(members, [name]):
        return CodeListReading(faults=[Fault(place=name, message=REPEATED)])
    submitted = once.get(name)
    if submitted is None and (hint := hint_at_other_name(name, members)):
        fault = Fault(place=name, message=_OTHER_NAME_HOLDS_IT)
        return CodeListReading(faults=[fault], hint=hint)
    return read_code_list(name, submitted)


def _out_of_scope(procedures: CodeListReading) -> bool:
    """Return whether the procedures can be read, and none of them is a vertebroplasty."""
    codes = (code_of(entry) or "" for entry in procedures.entries)
    return not (
        procedures.faults or any(read_procedure_code(code).vertebroplasty for code in codes)
    )


def _refused(
    once: Mapping[str, object], faults: Iterable[Fault], hint: Hint | None = None
) -> Rejection:
    """Reject an episode, with the hint that explains most."""
    identity = readable_identity(once)
    absent = [name for name in IDENTITY if once.get(name) is None]
    recognised = recognise_object(once) if len(absent) == len(IDENTITY) else None
    others = [hint_at_other_name(name, once) for name in absent]
    best = next(filter(None, [recognised, *others]), hint)
    return reject(best.reason if best else Reason.NOT_AN_EPISODE, faults, best, identity)
