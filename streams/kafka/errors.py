"""Classification of broker errors: refused for good, unavailable, or worth a retry."""

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

from streams.errors import causes

PRODUCER_UNUSABLE: Final = (KafkaError, IllegalOperation, AssertionError, TimeoutError)
"""Raised by aiokafka if a client is fenced, disconnected or in the wrong state."""

_RIGHTS: Final = "`ipg12 topics acls` prints the rights that are needed"
_SETTINGS: Final = "`ipg12 topics create` prints which of its settings differ"
_LOGIN: Final = "check IPG12_SASL_… and the user's credentials in the cluster"

_ADVICE: Final[dict[type[BaseException], str]] = {
    TopicAuthorizationFailedError: _RIGHTS,
    GroupAuthorizationFailedError: _RIGHTS,
    ClusterAuthorizationFailedError: _RIGHTS,
    TransactionalIdAuthorizationFailed: _RIGHTS,
    MessageSizeTooLargeError: _SETTINGS,
    RecordListTooLargeError: _SETTINGS,
    InvalidTimestampError: _SETTINGS,
    PolicyViolationError: "check the cluster's policy",
    AuthenticationFailedError: _LOGIN,
    SaslAuthenticationFailed: _LOGIN,
}

_UNAVAILABLE: Final = (TimeoutError, KafkaConnectionError, KafkaTimeoutError)


def refusal(error: BaseException) -> str | None:
    """Return what the brokers refuse for good and what to do; None if a retry may help.

    A note on the error names a topic.
    """
    for cause in causes(error):
        for kind, advice in _ADVICE.items():
            if isinstance(cause, kind):
                return " ".join([name_of(cause), *getattr(cause, "__notes__", [])]) + f"; {advice}"
    return None


def unavailable(error: BaseException) -> bool:
    """Return whether the brokers are temporarily unavailable."""
    return any(
        isinstance(cause, _UNAVAILABLE) or (isinstance(cause, KafkaError) and cause.retriable)
        for cause in causes(error)
    )


def name_of(error: BaseException) -> str:
    """Return an error's type, its cause, and the resource that the broker named.

    The text of other exceptions may quote a record, and is never used.
    """
    *_, cause = causes(error)
    name = type(error).__name__
    if cause is not error:
        return f"{name} from {name_of(cause)}"
    if isinstance(error, BrokerResponseError) and error.args:
        concerned = error.args[0]
        listed = concerned if isinstance(concerned, set | frozenset | list) else [concerned]
        return f"{name} {', '.join(sorted(map(str, listed)))}"
    return name
