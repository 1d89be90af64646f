"""What identifies an episode: two fields or, of a null value, its key."""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import TypeAdapter, ValidationError

from schemas.episode import EpisodeId, ProviderCode, Withdrawal
from schemas.rejection import Fault, Reason, Rejection
from streams.validation.reading.hints import NULL_WITHOUT_KEY
from streams.validation.reading.json_text import repeated
from streams.validation.reading.rejections import NOT_TEXT, REPEATED, REQUIRED, reject

IDENTITY: Final = {
    "episode_id": TypeAdapter[str](EpisodeId),
    "provider_code": TypeAdapter[str](ProviderCode),
}
_ADVICE: Final = {
    "string_type": NOT_TEXT,
    "string_too_short": "should not be empty",
    "string_too_long": "should have at most {max_length} characters",
    "string_pattern_mismatch": "should be 3 to 12 letters and digits",
}


def readable_identity(once: Mapping[str, object]) -> dict[str, str]:
    """Return those of the fields that can be read, from members whose name is given once."""
    read = {}
    for name, adapter in IDENTITY.items():
        try:
            read[name] = adapter.validate_python(once.get(name))
        except ValidationError:
            continue
    return read


def identity_faults(members: Mapping[str, object], once: Mapping[str, object]) -> Iterator[Fault]:
    """Yield why a field that identifies an episode cannot be read."""
    ambiguous = repeated(members, IDENTITY)
    for name, adapter in IDENTITY.items():
        if name in ambiguous:
            yield Fault(place=name, message=REPEATED)
        elif name not in once:
            yield Fault(place=name, message=REQUIRED)
        else:
            try:
                adapter.validate_python(once[name])
            except ValidationError as error:
                last = error.errors(include_url=False, include_input=False)[-1]
                advice = _ADVICE.get(last["type"], "is not valid")
                yield Fault(place=name, message=advice.format(**last.get("ctx", {})))


def read_null(key: bytes | None) -> Withdrawal | Rejection:
    """Read a null value: the withdrawal of the episode that its key names, as `R0A/E1`."""
    try:
        provider_code, _, episode_id = (key or b"").decode().partition("/")
        return Withdrawal(episode_id=episode_id, provider_code=provider_code)
    except ValueError:
        fault = Fault(place="value", message="is null")
        return reject(Reason.NULL_VALUE, [fault], NULL_WITHOUT_KEY)
