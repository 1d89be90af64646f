import json
import re
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from schemas.verdict import Outcome
from streams.demo.episodes import BROKEN, COMPLIANT, ELSEWHERE, FAULTY, invented_episodes
from streams.validation.check import judge
from streams.validation.reading import read_episode
from streams.validation.rule import coded


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


def test_the_demo_accounts_for_every_record_and_goes_on_with_a_dashboard_until_it_is_ended() -> (
    None
):
    ipg12 = Path(sys.executable).with_name("ipg12")
    with (
        subprocess.Popen(
            [ipg12, "demo", "--hold"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
        ExitStack() as at_the_end,
    ):
        at_the_end.callback(process.kill)  # a failure would wait for it for ever
        assert process.stdout is not None
        said: dict[str, str] = {}
        shown = ""
        for line in process.stdout:
            shown += line
            said |= re.findall(r"(http|token|IPG12_BROKERS)(?:=|://| )([\w.:-]+)", line)
            if "IPG12_BROKERS" in said:
                break
        assert "Published 2004 records" in shown
        assert "In the ledger: 2004 of 2004 records." in shown
        assert "every record is in exactly one topic and counted once" in shown
        assert "proposed" in shown
        assert re.search(r"dead-letter,\s+(not|unknown)-", shown)
        with urlopen(f"http://{said['http']}/api/alerts", timeout=10) as answer:  # ours
            (alert, *_) = json.load(answer)["alerts"]
        request = Request(  # ours
            f"http://{said['http']}/api/alerts/{alert['rule']}/{alert['provider']}/acknowledge",
            b'{"by": "Ann"}',
            {"Authorization": f"Bearer {said['token']}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=30) as answer:  # noqa: S310  # ours
            assert json.load(answer)["alert"]["state"] == "acknowledged"
        process.send_signal(signal.SIGINT)
        _, faults = process.communicate(timeout=60)
    assert (process.returncode, faults) == (0, "")
    with pytest.raises(OSError, match="refused"):
        urlopen(f"http://{said['http']}/livez", timeout=10)  # ours
