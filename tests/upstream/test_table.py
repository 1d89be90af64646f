"""The table of faults, held against the tests and the comments."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
TABLE = (Path(__file__).with_name("README.md")).read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in TABLE.splitlines() if line.startswith("| ")][1:]
CODE = re.compile(r"`([^`]+)`")
NAMED_FAULT = re.compile(r"aiokafka 0\.14|Faust 0\.15\.3")


def written_in(path: Path) -> dict[str, bool]:
    """Give a file's tests, and whether each is an expected failure."""
    return {
        f"{path.relative_to(TESTS)}::{each.name}": any(
            "xfail" in ast.dump(decorator) for decorator in each.decorator_list
        )
        for each in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test")
    }


def named(column: int) -> list[str]:
    """Give what stands in a column as code, of all rows."""
    return [name for row in ROWS for name in CODE.findall(row[column])]


HERE = {
    name: expected_to_fail
    for path in Path(__file__).parent.glob("test_*.py")
    if path != Path(__file__)
    for name, expected_to_fail in written_in(path).items()
}


def test_each_row_has_one_expected_failure_and_each_expected_failure_one_row() -> None:
    assert [len(CODE.findall(row[3])) for row in ROWS] == [1] * len(ROWS)
    assert sorted(named(3)) == sorted(name for name, fails in HERE.items() if fails)


def test_each_row_has_a_test_of_ours_and_each_test_of_ours_here_a_row() -> None:
    assert [len(CODE.findall(row[4])) for row in ROWS] == [1] * len(ROWS)
    assert {name for name, fails in HERE.items() if not fails} <= set(named(4))


@pytest.mark.parametrize("name", sorted(set(named(4))))
def test_every_test_of_ours_that_the_table_names_is_there(name: str) -> None:
    path, _, _ = name.partition("::")
    assert written_in(TESTS / path).get(name) is False


def test_every_module_that_the_table_names_is_there() -> None:
    modules = [name for name in named(2) if name.startswith("streams/")]
    assert len({row[2] for row in ROWS if "`streams/" in row[2]}) == len({row[2] for row in ROWS})
    assert [name for name in modules if not (ROOT / name).exists()] == []


def test_every_fault_that_a_comment_names_has_a_row_for_its_module() -> None:
    rows = Counter(name for row in ROWS for name in set(CODE.findall(row[2])))
    named_faults = {
        str(path.relative_to(ROOT)): len(NAMED_FAULT.findall(path.read_text(encoding="utf-8")))
        for path in (ROOT / "streams").rglob("*.py")
    }
    assert {module for module, faults in named_faults.items() if faults > rows[module]} == set()
