import pytest
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    ProducerFenced,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from streams.kafka.errors import name_of, refusal, unavailable


@pytest.mark.parametrize(
    "fault",
    [TimeoutError(), KafkaConnectionError(), NotEnoughReplicasError(), RequestTimedOutError()],
)
def test_brokers_that_cannot_serve_just_now_are_waited_for(fault: Exception) -> None:
    assert unavailable(fault)
    assert refusal(fault) is None


@pytest.mark.parametrize("fault", [ProducerFenced(), KafkaError(), AssertionError()])
def test_what_is_neither_refused_nor_away_is_tried_again_a_few_times(fault: Exception) -> None:
    assert not unavailable(fault)
    assert refusal(fault) is None


def test_a_missing_right_names_the_topics_and_the_command_that_prints_the_rights() -> None:
    said = refusal(TopicAuthorizationFailedError({"ipg12.ledger", "ipg12.compliant"}))
    assert said
    assert said.startswith("TopicAuthorizationFailedError ipg12.compliant, ipg12.ledger; ")
    assert "`ipg12 topics acls`" in said


@pytest.mark.parametrize(
    "fault", [GroupAuthorizationFailedError("a"), TransactionalIdAuthorizationFailed("a")]
)
def test_a_missing_right_to_a_group_or_transactional_id_names_it(fault: Exception) -> None:
    assert f"{type(fault).__name__} a; " in (refusal(fault) or "")


def test_a_refusal_is_found_behind_the_error_that_a_client_makes_of_it() -> None:
    wrapped = KafkaError("unexpected")
    wrapped.__cause__ = MessageSizeTooLargeError()
    assert (refusal(wrapped) or "").startswith("MessageSizeTooLargeError; `ipg12 topics create`")


def test_an_exception_that_is_its_own_cause_is_looked_at_once() -> None:
    fault = KafkaError()
    fault.__cause__ = fault
    assert refusal(fault) is None


def test_of_an_exception_that_is_no_brokers_answer_only_the_type_is_named() -> None:
    assert name_of(ValueError("content of a record")) == "ValueError"
    assert name_of(KafkaError("content of a record")) == "KafkaError"
