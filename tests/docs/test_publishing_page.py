import re
from pathlib import Path
from textwrap import dedent

import pytest

from schemas.episode import CODES_IN_A_LIST, CodedEntry, Episode, Withdrawal
from schemas.rejection import MAX_FAULTS, Reason
from streams.validation.reading import MAX_RECORD_BYTES, read_episode

PAGE = (Path(__file__).parents[2] / "docs/publishing.md").read_text(encoding="utf-8")
BLOCKS = [dedent(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize(
    "block,kind", [*zip(BLOCKS, (Episode, Withdrawal, Withdrawal), strict=True)]
)
def test_every_record_that_the_page_shows_is_read_without_a_remark(block: str, kind: type) -> None:
    read = read_episode(block.encode())
    assert type(read) is kind
    assert not isinstance(read, Episode) or read.remarks == ()


def test_the_page_names_every_field_and_every_reason() -> None:
    first_cells = re.findall(r"(?m)^\| (`.*?) \|", PAGE)
    named = {name for cell in first_cells for name in re.findall(r"`([\w-]+)`", cell)}
    fields = {name for name, field in Episode.model_fields.items() if not field.exclude}
    assert named == fields | set(CodedEntry.__annotations__) | set(Reason)


def test_the_page_gives_the_limits_there_are() -> None:
    assert f"at most {CODES_IN_A_LIST} entries" in PAGE
    assert f"at most {MAX_FAULTS} times" in PAGE
    assert "1 MiB by default" in PAGE
    assert MAX_RECORD_BYTES == 2**20
