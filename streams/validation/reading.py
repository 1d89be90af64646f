"""Reading the bytes of a record as an Episode, or a Rejection."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated, Any, Final

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json

from schemas.episode import Episode, EpisodeId, ProviderCode, Withdrawal
from schemas.rejection import MAX_FAULTS, Fault, Reason, Rejection

MAX_RECORD_BYTES: Final = 1_048_576
"""Default of the largest record that is read."""

_validate_json: Final = Episode.__pydantic_validator__.validate_json
_IDENTITY: Final = {
    "episode_id": TypeAdapter(EpisodeId),
    "provider_code": TypeAdapter(ProviderCode),
}
_CODE_LISTS: Final = ("procedures", "diagnoses")
# pydantic's regular expressions search for several words at once, six times as fast as `in`.
_holds_odd_text: Final = TypeAdapter(
    Annotated[str, StringConstraints(pattern=r"NaN|Infinity|\\u")]
).validator.isinstance_python
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_ADVICE: Final = {
    "missing": "is required",
    "string_type": "should be text",
    "string_too_short": "should not be empty",
    "string_too_long": "should have at most {max_length} characters",
    "string_pattern_mismatch": "should be 3 to 12 letters and digits",
    "list_type": "should be a list",
    "too_long": "should have at most {max_length} entries",
    "model_type": "should be an object",
    "date_type": "should be a date such as 2026-01-31",
    "date_parsing": "should be a date such as 2026-01-31",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_from_float": "should be a whole number",
    "int_parsing_size": "should be a smaller number",
    "greater_than_equal": "should be at least {ge}",
}


def read_episode(
    value: bytes | None, max_bytes: int = MAX_RECORD_BYTES, *, key: bytes | None = None
) -> Episode | Withdrawal | Rejection:
    """Read the value of a record, whatever its bytes; never raises.

    A value larger than `max_bytes` is rejected unread. The key matters to a null value alone.
    """
    if value is None:
        provider, _, episode_id = (key or b"").decode(errors="replace").partition("/")
        if episode_id:
            return Withdrawal(episode_id=episode_id, provider_code=provider)
        return _reject(Reason.NULL_VALUE, [Fault(place="value", message="is null")])
    if len(value) > max_bytes:
        return too_large(len(value), max_bytes)
    try:
        episode: Episode = _validate_json(value)
    except ValidationError as error:
        return _explain(value, error)
    if _needs_closer_look(value, episode):
        return _look_closer(value) or episode
    return episode


def too_large(size_bytes: int, max_bytes: int) -> Rejection:
    """Return the rejection of a value that is too large."""
    message = f"has {size_bytes} bytes, more than the limit of {max_bytes}"
    return _reject(Reason.TOO_LARGE, [Fault(place="value", message=message)])


def _needs_closer_look(value: bytes, episode: Episode) -> bool:
    """Return whether the parser may have accepted what JSON forbids or leaves undefined.

    It accepts NaN and Infinity as numbers and, of a repeated name, takes the last value.
    False positives are possible, false negatives are not.
    """
    count = value.count
    return (
        _holds_odd_text(value)
        or count(b'"procedures"') != 1
        or count(b'"diagnoses"') != 1
        or count(b'"episode_id"') != 1
        or count(b'"provider_code"') != 1
        or count(b'"code"') > [*map(type, episode.procedures + episode.diagnoses)].count(dict)
    )


def _look_closer(value: bytes) -> Rejection | None:
    """Read the value as strict JSON, without repeated names that would affect the verdict."""
    try:
        from_json(value, allow_inf_nan=False)
    except ValueError as error:
        return _reject(Reason.NOT_JSON, [_json_fault(value, str(error))])
    episode = _members(value)
    repeated = episode.repeated((*_IDENTITY, *_CODE_LISTS))
    places = [*repeated]
    for name, entries in episode:
        if name in _CODE_LISTS and name not in repeated:
            places += [
                f"{name}[{index}].code"
                for index, entry in enumerate(entries)
                if isinstance(entry, _Members) and entry.repeated(("code",))
            ]
    if not places:
        return None
    faults = [Fault(place=place, message="is given more than once") for place in places]
    known = {name: member for name, member in episode if name not in repeated}
    return _reject(Reason.NOT_AN_EPISODE, faults, known)


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object, repeated ones included."""

    def repeated(self, names: Iterable[str]) -> list[str]:
        """Return those of `names` that occur more than once."""
        counts = Counter(name for name, _ in self)
        return [name for name in names if counts[name] > 1]


def _members(value: bytes) -> Any:  # noqa: ANN401  # any JSON value, its objects as _Members
    # No number matters here, and Python may refuse to read a whole number of many digits.
    return json.loads(value, object_pairs_hook=_Members, parse_int=float)


def _may_be_repeated(value: bytes) -> bool:
    """Return whether the name of an identifying field may occur more than once."""
    return b"\\u" in value or any(value.count(f'"{name}"'.encode()) > 1 for name in _IDENTITY)


def _unrepeated_members(value: bytes) -> dict[str, Any]:
    """Return the members of a JSON object that occur once; none if it is not an object."""
    members = _members(value)
    if not isinstance(members, _Members):
        return {}
    repeated = members.repeated(dict(members))
    return {name: member for name, member in members if name not in repeated}


def _explain(value: bytes, error: ValidationError) -> Rejection:
    errors = error.errors(include_url=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        return _reject(Reason.NOT_JSON, [_json_fault(value, errors[0]["ctx"]["error"])])
    known = _unrepeated_members(value) if _may_be_repeated(value) else from_json(value)
    return _reject(Reason.NOT_AN_EPISODE, _faults(errors), known)


def _json_fault(value: bytes, error: str) -> Fault:
    if value.startswith(_BYTE_ORDER_MARK):
        return Fault(place="line 1 column 1", message="begins with a byte order mark")
    message, _, place = error.rpartition(" at ")
    return Fault(place=place, message=f"is not JSON: {message}")


def _faults(errors: list[ErrorDetails]) -> Iterator[Fault]:
    """Yield one fault per field; list entries may be codes or objects, so pick the best match."""
    for (field, *index), group in groupby(errors, key=lambda error: error["loc"][:2] or ("value",)):
        candidates = list(group)
        if not index:
            yield _fault(str(field), candidates[0])
            continue
        entry = f"{field}[{index[0]}]"
        *as_object, as_text = candidates
        if as_text["type"] != "string_type":
            yield _fault(entry, as_text)
        elif as_object[0]["type"] == "dict_type":
            yield Fault(place=entry, message="should be a code, or an object with a code")
        else:
            yield from (_fault(f"{entry}.{error['loc'][-1]}", error) for error in as_object)


def _fault(place: str, error: ErrorDetails) -> Fault:
    advice = _ADVICE.get(error["type"], "is not valid")
    return Fault(place=place, message=advice.format(**error.get("ctx", {})))


def _reject(reason: Reason, faults: Iterable[Fault], known: object = None) -> Rejection:
    """Return the rejection of a record; `known` is its JSON value, read for its identifiers."""
    identity: dict[str, str | None] = {}
    if isinstance(known, dict):
        for name, adapter in _IDENTITY.items():
            try:
                identity[name] = adapter.validate_python(known.get(name))
            except ValidationError:
                identity[name] = None
    return Rejection(reason=reason, errors=tuple(faults)[:MAX_FAULTS], **identity)
