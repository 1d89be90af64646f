"""A Quix Streams application: `exactly-once`, each checkpoint a transaction, or `at-least-once`."""

import sys
from typing import Final, cast

from quixstreams import Application, message_context
from quixstreams.models import Serializer, Topic

from benchmarks.peers.work import BROKERS, GROUP, TOPICS, Answer, Judged, judged

CHECKPOINT_SECONDS: Final = 0.5
"""Instead of 5 s, or a benchmark would wait for the last one."""

Headers = list[tuple[str, bytes | None]]
Work = tuple[bytes, Judged]
"""The value that was read, and what becomes of it."""


class CopyOf(Serializer):  # type: ignore[misc]  # it is installed elsewhere
    """Writes the value that was read."""

    def __call__(self, value: Work, ctx: object) -> bytes:  # noqa: ARG002
        """Give the bytes of an output record."""
        return value[0]


class AnswerTo(Serializer):  # type: ignore[misc]  # it is installed elsewhere
    """Writes the answer."""

    def __call__(self, value: Work, ctx: object) -> bytes:  # noqa: ARG002
        """Give the bytes of an output record."""
        return cast("Answer", value[1].answer).value


def validate(value: bytes, _key: object, _timestamp: int, headers: Headers | None) -> Work:
    """Judge a record."""
    context = message_context()
    return value, judged(context.partition, context.offset, value, headers)


def main() -> None:
    """Run until SIGTERM."""
    app = Application(
        BROKERS,
        consumer_group=GROUP,
        auto_offset_reset="earliest",
        processing_guarantee=sys.argv[1],
        commit_interval=CHECKPOINT_SECONDS,
        auto_create_topics=False,
        producer_extra_config={"linger.ms": 5, "batch.size": 1_000_000},
        loglevel="WARNING",
    )
    episodes = app.topic(TOPICS.episodes, value_deserializer="bytes")
    copies = {name: app.topic(name, value_serializer=CopyOf()) for name in TOPICS.outputs.values()}
    verdicts = app.topic(TOPICS.verdicts, value_serializer=AnswerTo())

    def topic_of(work: Work, *_: object) -> Topic:
        return copies[work[1].topic]

    flow = app.dataframe(episodes).apply(validate, metadata=True)
    flow = flow.set_headers(lambda work, *_: work[1].headers).to_topic(topic_of)
    flow = flow.filter(lambda work: work[1].answer is not None)
    flow = flow.set_headers(lambda work, *_: work[1].answer.headers)
    flow.to_topic(verdicts, key=lambda work: work[1].answer.key)
    app.run()


if __name__ == "__main__":
    main()
