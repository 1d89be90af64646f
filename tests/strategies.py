"""Hypothesis strategies: codes that matter, and sequences in which they meet."""

import json
from collections.abc import Sequence
from datetime import date

from hypothesis import strategies as st

from schemas.episode import CodeEntry, Episode, code_of

VERTEBROPLASTIES = ("V44.4", "V44.6", "V44", "V44.41")
OTHER_PROCEDURES = (
    *("V44.1", "V44.5", "V44.7", "V47.1", "V22", "V70.9", "V53.1", "W06.1", "W19.0", "W36.5"),
    *("O15.1", "X99.7"),
)
LEVELS = ("V55.1", "V55.2", "V55.9", "V55", "V55.4")
APPROACHES = (
    "Y53.4",
    "Y53.3",
    "Y53.9",
    "Y53",
    "Y53.0",
    "Y68.1",
    "Y68.9",
    "Y68",
    "Y10.2",
    "Y20.1",
    "O44.1",
)
SITES = (
    *("Z66.4", "Z66.5", "Z66.9", "Z66", "Z67.5", "Z67", "Z99.2", "Z99", "Z75.1", "Z75"),
    *("Z94.2", "Z84.6", "O16.1", "O17.1", "Z66.3", "Z66.6"),
)
RUBBISH = (
    *("banana", "V4", "V445X", "Y53.45", "V55.11", "V44.6é", "Z66.٣", "X99.81", "Y53 4X"),
    *("V444V551", "OPCS4:V44.4", "V44,4", "Z66.5Z66.4"),
)
PADDING = ("", "-", "&", " ", "X998", "x99.9")
PROCEDURES = VERTEBROPLASTIES + OTHER_PROCEDURES + LEVELS + APPROACHES + SITES + RUBBISH + PADDING
DIAGNOSES = (
    *("M80.58", "M80.5", "M80.5-", "M80", "S22.00", "S22.0", "S22.1X", "T08", "T08X", "T08.0"),
    *("W19.0", "V01.0", "X59", "Y98X", "M49.5A", "M49.56A", "M49.56", "C79.5D", "C79.5", "M82.0"),
    *("M49.56*", "C79.5†", "T08X0", "M81.98", "M48.56", "M48.54", "M90.75", "S12.00", "S32.00"),
    *("J18.9", "I10X", "-", "&", "M8O.58", "M4", "", "banana", "S22.00.", "A00A", "D63"),
)

procedure_codes = st.one_of(
    *(
        st.sampled_from(codes)
        for codes in (
            VERTEBROPLASTIES,
            OTHER_PROCEDURES,
            LEVELS,
            APPROACHES,
            SITES,
            RUBBISH,
            PADDING,
        )
    )
)
tails = st.lists(st.one_of(*map(st.sampled_from, (LEVELS, APPROACHES, SITES))), max_size=6)
groups = st.builds(
    lambda main, tail: [main, *tail], st.sampled_from(VERTEBROPLASTIES + OTHER_PROCEDURES), tails
)
vertebroplasties = st.builds(
    lambda main, tail: [main, *tail], st.sampled_from(VERTEBROPLASTIES), tails
)


def _joined(parts: list[list[str]]) -> list[str]:
    return [code for part in parts for code in part]


def _entries_of(codes: list[str], days: list[date | None], *, mixed: bool) -> list[CodeEntry]:
    """Give the codes one date after the other, and null for padding where they are mixed."""
    entries: list[CodeEntry] = []
    for code, day in zip(codes, days, strict=False):
        entries.append({"code": code, "date": day} if day or not mixed else code or None)
    return entries + codes[len(entries) :]


whole_operations = st.lists(groups | vertebroplasties, min_size=1, max_size=4).map(_joined)
procedure_lists = st.one_of(
    st.lists(procedure_codes, max_size=12),
    st.tuples(tails, whole_operations).map(list).map(_joined),
    whole_operations,
)
in_scope_lists = st.tuples(procedure_lists, vertebroplasties, procedure_lists).map(list)
diagnosis_lists = st.lists(st.sampled_from(DIAGNOSES), max_size=4)


def submitted_codes(entries: Sequence[CodeEntry]) -> list[str]:
    """Give the codes of a list as submitted; an empty text for a null."""
    return [code_of(entry) or "" for entry in entries]


def episode(procedures: Sequence[CodeEntry], diagnoses: list[str]) -> Episode:
    return Episode(
        episode_id="E1", provider_code="R0A", procedures=list(procedures), diagnoses=[*diagnoses]
    )


days = st.lists(st.none() | st.sampled_from([date(2026, 5, 1), date(2026, 5, 9)]), max_size=20)


def entries(codes: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[CodeEntry]]:
    """Give codes as text, as objects, and with dates."""
    return codes.map(list[CodeEntry]) | st.builds(_entries_of, codes, days, mixed=st.booleans())


episodes = st.builds(
    episode, entries(in_scope_lists.map(_joined) | procedure_lists), diagnosis_lists
)
vertebroplasty_episodes = st.builds(episode, entries(in_scope_lists.map(_joined)), diagnosis_lists)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5)
    ),
    max_leaves=20,
)
_entries = st.one_of(
    procedure_codes,
    st.text(max_size=18),
    st.fixed_dictionaries(
        {"code": procedure_codes | json_values},
        optional={"date": json_values, "position": st.integers(0, 4) | json_values},
    ),
    json_values,
)
near_episodes = st.fixed_dictionaries(
    {},
    optional={
        "episode_id": st.just("E1") | json_values,
        "provider_code": st.just("R0A") | json_values,
        "procedures": st.lists(_entries, max_size=8) | json_values,
        "diagnoses": st.lists(_entries, max_size=4) | json_values,
        "start_date": st.just("2026-01-31") | json_values,
        "episode_number": json_values,
        "spell_id": json_values,
        "withdrawn": st.booleans() | json_values,
        "NaN": json_values,
    },
)
records = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    (json_values | near_episodes).map(lambda value: json.dumps(value).encode()),
    episodes.map(lambda episode: episode.model_dump_json().encode()),
)


def damaged(record: bytes, at: int, by: bytes) -> bytes:
    """Write some bytes over a record, anywhere in it."""
    start = at % (len(record) + 1)
    return record[:start] + by + record[start + len(by) :]


damaged_records = st.builds(
    damaged,
    episodes.map(lambda episode: episode.model_dump_json().encode()),
    st.integers(min_value=0, max_value=2000),
    st.sampled_from([b'"', b"\\u0063", b"NaN", b"null", b"{", b"]", b"\xff", b",", b'"code":1'])
    | st.binary(max_size=8),
)
repeated_fields = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("episode_id", "provider_code", "procedures", "diagnoses", "withdrawn"),
                *("code", "date", "position"),
            ]
        ),
        json_values | st.lists(_entries, max_size=3),
    ),
    max_size=6,
)


def _with_repeats(record: Episode, fields: list[tuple[str, object]]) -> bytes:
    """Give some fields of a record a second time, before those that count."""
    members = "".join(f"{json.dumps(name)}:{json.dumps(value)}," for name, value in fields)
    return b"{" + members.encode() + record.model_dump_json().encode()[1:]


records_with_repeats = st.builds(_with_repeats, episodes, repeated_fields)
