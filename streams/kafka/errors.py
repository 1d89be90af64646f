"""What goes wrong at the brokers, sorted by what helps against it."""

from collections.abc import Iterator
from typing import Final

from aiokafka.errors import (
    AuthenticationFailedError,
    BrokerResponseError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalOperation,
    InvalidTimestampError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

PRODUCER_UNUSABLE: Final = (KafkaError, IllegalOperation, AssertionError, TimeoutError)
"""How aiokafka says that a client is fenced, cut off, or asked for what its state forbids."""

_RIGHTS: Final = "`ipg12 topics acls` prints the rights that are needed"
_SETTINGS: Final = "`ipg12 topics create` says which of its settings differ"
_LOGIN: Final = "look at IPG12_SASL_… and at the user's entry in the cluster"

_ADVICE: Final[dict[type[BaseException], str]] = {
    TopicAuthorizationFailedError: _RIGHTS,
    GroupAuthorizationFailedError: _RIGHTS,
    ClusterAuthorizationFailedError: _RIGHTS,
    TransactionalIdAuthorizationFailed: _RIGHTS,
    MessageSizeTooLargeError: _SETTINGS,
    RecordListTooLargeError: _SETTINGS,
    InvalidTimestampError: _SETTINGS,
    PolicyViolationError: "look at the cluster's policy",
    AuthenticationFailedError: _LOGIN,
    SaslAuthenticationFailed: _LOGIN,
}

_UNAVAILABLE: Final = (TimeoutError, KafkaConnectionError, KafkaTimeoutError)


def refusal(error: BaseException) -> str | None:
    """Say what the brokers refuse and what to do; None where asking again may help.

    A note on the error names a topic.
    """
    for cause in _causes(error):
        for kind, advice in _ADVICE.items():
            if isinstance(cause, kind):
                return " ".join([name_of(cause), *getattr(cause, "__notes__", [])]) + f"; {advice}"
    return None


def unavailable(error: BaseException) -> bool:
    """Tell whether the brokers cannot serve just now, which ends without our doing."""
    return any(
        isinstance(cause, _UNAVAILABLE) or (isinstance(cause, KafkaError) and cause.retriable)
        for cause in _causes(error)
    )


def name_of(error: BaseException) -> str:
    """Name a fault, its cause, and what it concerns where the broker has said so.

    The text of other exceptions may quote a record, and is never used.
    """
    *_, cause = _causes(error)
    name = type(error).__name__
    if cause is not error:
        return f"{name} from {name_of(cause)}"
    if isinstance(error, BrokerResponseError) and error.args:
        concerned = error.args[0]
        listed = concerned if isinstance(concerned, set | frozenset | list) else [concerned]
        return f"{name} {', '.join(sorted(map(str, listed)))}"
    return name


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what caused it: aiokafka wraps what brokers answer."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:  # Mode makes an exception its own cause
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__
