import json

import pytest

from streams.demo.episodes import invented_episodes
from streams.validation.check import OutOfScopeEpisode, judge_in_scope
from streams.validation.reading.out_of_scope import malformed_if_out_of_scope

IDENTITY = '"episode_id": "E1", "provider_code": "R0A"'
REPEATED = '{"code": "W37", "code": "W36"}'


def record(**fields: object) -> bytes:
    known = {"episode_id": "E1", "provider_code": " r0a ", "procedures": [], "diagnoses": []}
    return json.dumps(known | fields).encode()


@pytest.mark.parametrize(
    "value,malformed",
    [
        (record(), 0),
        (record(episode_id=17), 0),
        (record(procedures=["W37.1", "", "-", "V44.5"]), 0),
        (record(procedures=["W37.1", "W371X", "?"]), 2),
        (record(procedures=["W37.1", None, None], diagnoses=["M16.1", None]), 0),
        (record(procedures=["W37.1", {"code": "?"}], diagnoses=[{"code": "M16.1"}, None]), 1),
        (record(procedures=[{"code": "W37.1", "date": "20260501"}, {"code": "?"}]), 1),
        (record(procedures=["W37.1"], diagnoses=[{"code": 5, "date": 1, "laterality": "L"}]), 0),
        (record(procedures=["W37.1"], diagnoses=None), None),
        (record(procedures=["W37.1"], notes="V44 4"), 0),
    ],
)
def test_an_ordinary_episode_out_of_scope_is_known_at_once(
    value: bytes, malformed: int | None
) -> None:
    assert malformed_if_out_of_scope(value) == malformed


@pytest.mark.parametrize(
    "value",
    [
        record(procedures=["V44.4"]),
        record(procedures=["V44"]),
        record(procedures=["v 44 6"]),
        record(procedures=["OPCS4:V4-44"]),
        record(procedures=["W37.1"], notes="was V44.4"),
        record(procedures=["W37.1"] * 201),
        record(procedures=["W37.1"], diagnoses=[{"code": "M16.1"}, 5]),
        record(procedures="W37.1"),
        record(procedures=[{"code": "W37.1", "position": 1}]),
        record(procedures=[{"date": "2026-05-01"}]),
        record(withdrawn=True),
        record(provider_code="?"),
        record(episode_id=True),
        record(score=float("nan")),
        f'{{{IDENTITY}, "procedures": [], "procedures": []}}'.encode(),
        f'{{{IDENTITY}, "procedures": [], "\\u0070rocedures": ["V44.4"]}}'.encode(),
        f'{{{IDENTITY}, "procedures": [{REPEATED}]}}'.encode(),
        f'{{{IDENTITY}, "procedures": [{REPEATED}], "diagnoses": [{{}}]}}'.encode(),
        f'{{{IDENTITY}, "procedures": [{{"code": "W37", "date": 1, "date": 2}}]}}'.encode(),
        f'{{{IDENTITY}, {IDENTITY}, "procedures": []}}'.encode(),
        b"\xef\xbb\xbf" + record(),
        record()[:-1],
        b"[]",
    ],
)
def test_whatever_may_be_anything_else_is_left_to_the_whole_reading(value: bytes) -> None:
    assert malformed_if_out_of_scope(value) is None


def test_what_is_read_whole_and_is_out_of_scope_has_its_malformed_procedures_counted() -> None:
    codes = [{"code": "W371X", "position": 2}, {"code": "W37.1", "position": 1}]
    assert judge_in_scope(record(procedures=codes)) == OutOfScopeEpisode(unreadable=1)


def test_of_a_national_load_next_to_nothing_has_to_be_read_whole() -> None:
    values = list(invented_episodes(1000, in_scope=0.01, faulty=0.3))
    assert sum(malformed_if_out_of_scope(value) is None for value in values) < 30
