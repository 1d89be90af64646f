"""The pages of the reasons of dead letters, as `explain` prints them and as in docs."""

from collections.abc import Iterator

from schemas.rejection import Reason
from streams.cli.showing.page import Block, Kind, as_markdown
from streams.validation.reading.hints import HINTS, Sample
from streams.validation.reading.reasons import EXPLANATIONS

_INTRODUCTION = """\
# Dead letters

A record that cannot be read becomes a dead letter: it goes to the topic `dead-letter` as it came, \
and its verdict says why.
`rejection.reason` is one of the sections below; `ipg12 explain REASON` prints it.
`rejection.errors` names places, never values.
`rejection.hint` says what the record looks like and what to do, or is null: each hint has its \
paragraph.

In each example, the line with `-` is a record that is rejected, and the line with `+` one that is \
read.
[publishing.md](publishing.md) says what is read.

"""
_CLOSING = "This page is generated: `python -m streams.cli.pages`.\n"


def reason_page(reason: Reason) -> Iterator[Block]:
    """Yield the blocks of a reason's page."""
    explanation = EXPLANATIONS[reason]
    yield Block(Kind.TITLE, (reason,))
    yield Block(Kind.PROSE, (explanation.meaning,))
    yield Block(Kind.DIFF, tuple(_lines("-", explanation.example)))
    yield Block(Kind.PROSE, (explanation.advice,))
    for hint in HINTS:
        if hint.reason is reason:
            yield Block(Kind.HEADING, (hint.name,))
            yield Block(Kind.PROSE, (f"Hint: {hint.text}.",))
            yield Block(Kind.DIFF, (*_lines("-", hint.example), *_lines("+", hint.mend)))


def dead_letter_pages() -> str:
    """Return the page of all reasons, as Markdown."""
    sections = (as_markdown(reason_page(reason), level=2) for reason in Reason)
    return _INTRODUCTION + "\n".join([*sections, _CLOSING])


def _lines(sign: str, sample: Sample) -> Iterator[str]:
    for line in (sample.shown or _shown(sample)).split("\n"):
        yield f"{sign} {line}"


def _shown(sample: Sample) -> str:
    """Return a sample as text, with escapes for what cannot be shown."""
    if sample.value is None:
        return f"null, under the key {(sample.key or b'').decode()}"
    text = sample.value.decode(errors="backslashreplace")
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )
