import re
from pathlib import Path

from streams.cli.judging import judge_value
from streams.cli.reading.records import read_records
from streams.validation.reading.column_names import ColumnNames, read_column_names
from streams.validation.reading.columns import Unusable, recognise_columns

PAGE = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## Delimited text\n")[1].split("\n## ")[0]
EXAMPLES = re.findall(r"```csv\n(.*?)```", SECTION, re.DOTALL)


def test_every_example_is_read_and_compliant() -> None:
    assert len(EXAMPLES) == 3
    for example in EXAMPLES:
        (chunk,) = read_records("file", iter([example.encode()]), 1_048_576)
        (value,) = chunk.unpack().values
        verdict = judge_value(value, 1_048_576)
        assert (verdict.outcome, verdict.format) == ("compliant", "delimited")
        assert verdict.procedures == ("V44.4", "V55.1", "Y53.4", "Z66.5")


def test_the_example_of_columns_is_read() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)
    assert isinstance(read_column_names(text.encode()), ColumnNames)
    rows = re.findall(r"^\| (.*) \| .* \|$", SECTION.split("| key | value |")[1], re.MULTILINE)
    keys = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert keys == set(ColumnNames.model_fields)


def test_every_name_of_a_column_in_the_table_is_recognised() -> None:
    table = SECTION.split("| part | column")[1].split("\n\n")[0]
    names = set(re.findall(r"`(\w+)`", table))
    unusable = recognise_columns(sorted(names - {"procedures", "diagnoses"}))
    assert not isinstance(unusable, Unusable)
    for name in names:
        twice = recognise_columns([name, name])
        assert isinstance(twice, Unusable)
        assert twice.message.startswith(f"has two columns {name}"), name
