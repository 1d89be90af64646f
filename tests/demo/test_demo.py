import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from schemas.verdict import Outcome
from streams.check import judge
from streams.demo.episodes import BROKEN, COMPLIANT, ELSEWHERE, FAULTY, invented_episodes
from streams.intake import read_episode
from streams.rule import coded


def test_the_demo_accounts_for_every_record_and_shows_answers() -> None:
    ipg12 = Path(sys.executable).with_name("ipg12")
    done = subprocess.run([ipg12, "demo"], capture_output=True, check=False, text=True, timeout=90)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Published 2004 records" in done.stdout
    assert "In the ledger: 2004 of 2004 records." in done.stdout
    assert "every record in exactly one topic, each counted once" in done.stdout
    assert "proposed" in done.stdout
    assert re.search(r"dead-letter,\s+not-", done.stdout)


def test_invented_sequences_are_what_they_are_said_to_be() -> None:
    outcomes = {
        Outcome.COMPLIANT: COMPLIANT,
        Outcome.NON_COMPLIANT: FAULTY,
        Outcome.OUT_OF_SCOPE: ELSEWHERE,
    }
    for outcome, sequences in outcomes.items():
        for sequence in sequences:
            assert judge(coded(sequence).model_dump_json().encode()).outcome is outcome, sequence
    assert {judge(value).outcome for value in BROKEN} == {Outcome.DEAD_LETTER}


def test_invented_episodes_are_the_same_every_time_and_of_the_shares_asked_for() -> None:
    values = list(invented_episodes(2000, in_scope=0.5, faulty=0.2))
    assert values == list(invented_episodes(2000, in_scope=0.5, faulty=0.2))
    outcomes = Counter(judge(value).outcome for value in values)
    assert 900 < outcomes[Outcome.COMPLIANT] + outcomes[Outcome.NON_COMPLIANT] < 1100
    assert 150 < outcomes[Outcome.NON_COMPLIANT] < 250


def test_invented_nhs_numbers_come_from_the_range_that_is_never_issued() -> None:
    for value in invented_episodes(100, in_scope=0.5, faulty=0.5):
        assert b'"nhs_number": "999' in value


def test_padding_makes_an_episode_longer_and_nothing_else() -> None:
    (short,) = invented_episodes(1, in_scope=1, faulty=0)
    (long,) = invented_episodes(1, in_scope=1, faulty=0, padding=500)
    assert len(long) == len(short) + 500
    assert read_episode(long) == read_episode(short)
