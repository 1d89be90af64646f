"""Canaries: text, numbers and dates that nothing but a record can have brought.

Runs of consonants, of digits, and days of the last century stand nowhere in what we say ourselves.
"""

import json
import re
from collections.abc import Callable

from hypothesis import strategies as st
from strategies import PROCEDURES

CONSONANTS = "bcdfghjkmnpqrstvwxz"
LETTERS = re.compile(f"[{CONSONANTS}]{{6,}}", re.IGNORECASE)
"""Six of a canary's letters, so that a part of it is found too."""
DAYS = re.compile(r"19\d\d-\d\d-\d\d")
ROUND = re.compile("0000|9999")
"""What stands in the digits of any fraction that a computer has rounded, so in metrics too."""
TRACE = re.compile(f"{LETTERS.pattern}|{DAYS.pattern}|[0-9]{{9,}}", re.IGNORECASE)

words = st.text(CONSONANTS, min_size=8, max_size=12)
phrases = st.text(CONSONANTS, min_size=17, max_size=70)
numbers = (st.integers(10**9, 10**15) | st.integers(-(10**15), -(10**9))).filter(
    lambda number: not ROUND.search(str(number))
)
days = st.dates().map(lambda day: day.replace(year=1900 + day.year % 100 // 4 * 4).isoformat())
leaves = st.one_of(
    *(words, phrases, numbers, days, numbers.map(str), numbers.map(lambda each: each + 0.5)),
    st.sampled_from([None, True, float("nan"), float("inf"), -float("inf"), 10**40]),
)
FIELDS = ("episode_id", "provider_code", "procedures", "diagnoses", "code", "date", "start_date")
names = words | phrases | st.sampled_from(FIELDS)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
malformed_codes = st.builds(str.__add__, st.sampled_from(["V444", "v44.6", "V44", ""]), words).map(
    lambda code: code[:16]
)
codes = malformed_codes | st.sampled_from(PROCEDURES)
entries = st.one_of(
    codes | phrases,
    st.fixed_dictionaries({"code": codes | phrases}, optional={"date": days | leaves}),
    values,
)
episodes = st.fixed_dictionaries(
    {
        "episode_id": words,
        "provider_code": words,
        "procedures": st.lists(codes, max_size=4).map(lambda listed: ["V44.4", *listed]),
        "diagnoses": st.lists(codes, max_size=3),
        "spell_id": words,
        "start_date": days,
    }
)
broken_episodes = st.fixed_dictionaries(
    {},
    optional={
        "episode_id": words | values,
        "provider_code": words | phrases | values,
        "procedures": st.lists(entries, max_size=5) | values,
        "diagnoses": st.lists(entries, max_size=3) | values,
        "spell_id": phrases | values,
        "episode_number": leaves,
        "start_date": leaves,
    },
)
others = st.dictionaries(words, values, max_size=3)
objects = st.builds(lambda known, other: {**known, **other}, episodes | broken_episodes, others)


def _escaped(text: str) -> str:
    """Write every canary as JSON escapes, which only a reader makes letters of."""
    return LETTERS.sub(lambda found: "".join(f"\\u{ord(each):04x}" for each in found[0]), text)


def _repeated(text: str) -> str:
    """Give every member twice, under the same name."""
    return f"{text[:-1]}, {text[1:]}" if text.startswith("{") and len(text) > len("{}") else text


def _cut(record: bytes, at: int) -> bytes:
    return record[: at % (len(record) + 1)]


def _struck(record: bytes, at: int) -> bytes:
    place = at % (len(record) + 1)
    return record[:place] + b"\xff" + record[place:]


_spellings: list[Callable[[str], str]] = [str, _escaped, _repeated, str.upper]
texts = st.builds(
    lambda spell, value: spell(json.dumps(value)), st.sampled_from(_spellings), objects
)
places = st.integers(0, 2_000)
whole = (texts | (words | values).map(json.dumps) | words).map(str.encode)
broken_records = st.builds(_cut, whole, places) | st.builds(_struck, whole, places)
records = episodes.map(json.dumps).map(str.encode) | whole | broken_records
headers = st.lists(
    st.tuples(
        words | st.sampled_from(["ipg12-outcome", "__dlq.errors.message"]),
        st.none() | words.map(str.encode),
    ),
    max_size=3,
)
