"""Records made to be slow: none may take much longer than an ordinary one of its size."""

import json
import sys
from time import process_time

import pytest

from streams.validation.check import judge
from streams.validation.reading import MAX_RECORD_BYTES

FACTOR = 10
FACTOR_OF_A_FINDING = 50
ATTEMPTS = 8
HEAD = '{"episode_id":"E1","provider_code":"R0A","diagnoses":["M80.58"],"procedures":['
EPISODE = f'{HEAD}"V44.4","V55.1","Y53.4","Z66.5"],'
DATED = '{"code":"V44.4","date":"2026-01-31"},'
ORDINARY_CODES = ["V44.4", "V55.1", "Y53.4", "Z66.5"] * 50


def filled(head: str, unit: str, tail: str, size_bytes: int = MAX_RECORD_BYTES) -> bytes:
    """Repeat a unit as often as there is room for it."""
    room = size_bytes - len(head) - len(tail)
    return (head + unit * (room // len(unit.encode())) + tail).encode()


def coded(procedures: list[str], diagnoses: list[str]) -> bytes:
    fields = {"episode_id": "E1", "provider_code": "R0A"}
    return json.dumps(fields | {"procedures": procedures, "diagnoses": diagnoses}).encode()


def seconds(value: bytes) -> float:
    started = process_time()
    judge(value)
    return process_time() - started


def fastest(value: bytes) -> float:
    return min(seconds(value) for _ in range(ATTEMPTS))


def within(limit: float, value: bytes) -> bool:
    """Tell whether a record is judged in time, which a busy machine may take a few attempts for."""
    return any(seconds(value) < limit for _ in range(ATTEMPTS))


@pytest.fixture(scope="module")
def ordinary() -> float:
    """Seconds for a record of the largest size that is full of dated codes, and read twice."""
    return fastest(filled(f'{HEAD}{DATED[:-1]}],"history":[', DATED, "1]}"))


SLOW = {
    "nothing but brackets": filled("", "[", ""),
    "nothing but objects": filled("", '{"a":', ""),
    "nothing but quotes": filled("", '"', ""),
    "brackets in a field": filled(f'{EPISODE}"x":', "[", ""),
    "nested as deep as is read": filled(f'{EPISODE}"x":[', "[" * 190 + "]" * 190 + ",", "1]}"),
    "a whole number": filled(f'{EPISODE}"x":', "9", "}"),
    "a fraction": filled(f'{EPISODE}"x":0.', "1", "}"),
    "longest whole numbers": filled(f'{EPISODE}"x":[', "9" * 4300 + ",", "1]}"),
    "longest numbers, looked at twice": filled(
        f'{EPISODE}"episode_id":1,"x":[', "9" * 4300 + ",", "1]}"
    ),
    "digits in text": filled(f'{EPISODE}"episode_number":"', "9", '"}'),
    "zeros in text": filled(f'{EPISODE}"episode_number":"', "0", '1"}'),
    "digits and underscores in text": filled(f'{EPISODE}"episode_number":"1', "_1", '"}'),
    "a name again and again": filled(EPISODE, '"x":1,', '"y":1}'),
    "the identifier again and again": filled(EPISODE, '"episode_id":"E1",', '"y":1}'),
    "procedures again and again": filled(EPISODE, '"procedures":["V44.4"],', '"y":1}'),
    "a code again and again": filled(f"{HEAD}{{", '"code":"V44.4",', '"code":"V44.4"}]}'),
    "an escaped name again and again": filled(EPISODE, '"c\\u006fde":1,', '"y":1}'),
    "ever other names": filled(
        EPISODE + "".join(f'"{each:x}":1,' for each in range(90_000)), " ", '"\\u0078":1}'
    ),
    "escapes": filled(f'{EPISODE}"x":"', "\\u0041", '"}'),
    "pairs of surrogates": filled(f'{EPISODE}"x":"', "\\ud83d\\ude00", '"}'),
    "lone surrogates": filled(f'{EPISODE}"x":"', "\\ud83d", '"}'),
    "letters of several bytes": filled(f'{EPISODE}"x":"', "\U0001f9b4", '"}'),
    "no UTF-8": filled(f'{EPISODE}"x":"', "?", '"}').replace(b"?", b"\xff"),
    "backslashes": filled(f'{EPISODE}"x":"', "\\\\", '"}'),
    "no numbers": filled(f'{EPISODE}"x":[', "NaN,", "1]}"),
    "blanks": filled(EPISODE[:-1], " ", "}"),
    "lines, then a fault": filled(EPISODE[:-1], "\n", "]"),
    "procedures without end": filled(HEAD, "1,", "1]}"),
    "objects for procedures": filled(HEAD, "{},", "1]}"),
    "a code without end": filled(f'{HEAD}"', "V", '"]}'),
    "an identifier without end": filled('{"episode_id":"', "E", '"}'),
    "a provider without end": filled('{"provider_code":"', "R", '?"}'),
    "slots without end": filled(HEAD, "null,", "null]}"),
    "a position again and again": filled(
        f'{HEAD}{{"code":"V44.4",', '"position":1,', '"position":2}]}'
    ),
    "a list for a day": filled(f'{HEAD}{{"code":"V44.4","date":[', "1,", "1]}]}"),
    "ever other names, and no procedures": filled(
        f'{HEAD[:60]}"R0A",' + "".join(f'"{each:x}":1,' for each in range(90_000)), " ", '"y":1}'
    ),
    "envelopes in envelopes": filled("", '{"schema":0,"payload":', "{}"),
    "an episode in an envelope": filled(f'{{"op":"c","after":{EPISODE}"x":[', DATED, "1]}}"),
    "brackets behind a registry prefix": filled("\0\0\0\0\1", "[", ""),
    "JSON in text": filled('"{', '\\"a\\":1,', '\\"b\\":1}"'),
    "episodes, one a line": filled("", f'{EPISODE}"x":1}}\n', ""),
    "delimited text on one line": filled("", "V44.4,", "\n"),
    "Latin-1": filled(f'{EPISODE}"x":"', "?", '"}').replace(b"?", b"\xe9"),
    "UTF-16": filled("", "{\0", ""),
    "a day without end": filled(f'{EPISODE}"start_date":"', "2", '"}'),
}


@pytest.mark.parametrize("value", SLOW.values(), ids=SLOW)
def test_no_record_takes_much_longer_than_an_ordinary_one_of_the_largest_size(
    ordinary: float, value: bytes
) -> None:
    assert len(value) <= MAX_RECORD_BYTES
    assert within(FACTOR * ordinary, value)


@pytest.mark.parametrize(
    "procedures",
    [
        pytest.param(["V44.4"] * 200, id="200 bare vertebroplasties"),
        pytest.param(["V44.4", *["Y53.9", "Z66.9"] * 99], id="one long group"),
        pytest.param([f"V444{each:012}" for each in range(200)], id="200 long codes"),
        pytest.param(["Z66.5", "V55.1"] * 99 + ["V44.4"], id="supplementary codes first"),
    ],
)
def test_200_codes_with_a_finding_each_cost_no_more_than_the_findings(
    procedures: list[str],
) -> None:
    value = coded(procedures, [f"{each:016}" for each in range(200)])
    findings = len(judge(value).findings)
    per_code = fastest(coded(ORDINARY_CODES, ["M80.58"])) / len(ORDINARY_CODES)
    assert findings >= 200
    assert within(FACTOR_OF_A_FINDING * per_code * (400 + findings), value)


def test_whole_numbers_are_read_however_few_digits_python_is_told_to_read() -> None:
    value = f'{EPISODE}"note":"NaN","x":{"9" * 4300}}}'.encode()
    limit = sys.get_int_max_str_digits()
    verdict = judge(value)
    sys.set_int_max_str_digits(640)
    try:
        assert judge(value) == verdict
    finally:
        sys.set_int_max_str_digits(limit)
    assert verdict.rejection is None
