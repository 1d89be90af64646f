"""The page that checks an episode."""

import tempfile
from collections.abc import Iterator

import pytest
from dashboard.scenes import Scene, record
from dashboard.serving import OPEN
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from schemas.rejection import Reason
from streams.dashboard.check_page import FORM_BYTES, NOTHING

BAD = record(procedures=["V44.4", "Y53.4", "V55.1", "Z66.5"])
FORM = "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def http() -> Iterator[TestClient]:
    with TestClient(Scene(OPEN).dashboard(), base_url="http://localhost") as client:
        yield client


def checked(http: TestClient, text: str = "", file: bytes = b"") -> tuple[int, str]:
    answer = http.post("/check", data={"text": text}, files={"file": ("one", file)})
    return answer.status_code, " ".join(answer.text.split())


def test_the_navigation_leads_to_an_empty_form(http: TestClient) -> None:
    assert '<a href="/check">Check' in http.get("/").text
    page = http.get("/check")
    assert page.status_code == 200
    assert '<form method="post" action="/check" enctype="multipart/form-data">' in page.text


def test_the_page_shows_the_verdict_with_marks_and_proposal(http: TestClient) -> None:
    for given_as in ({"text": BAD.decode()}, {"file": BAD}):
        status, text = checked(http, **given_as)
        assert status == 200
        assert "Non-compliant</h2>" in text
        assert '<mark class="code">V55.1</mark>' in text
        assert "Move V55.1 directly after V44.4." in text
        assert '<ins class="code">V55.1</ins>' in text
        assert "Corrects all errors." in text


def test_the_text_stays_in_the_form_and_is_escaped(http: TestClient) -> None:
    _, text = checked(http, text='{"</textarea><script>": 1}')
    assert "{&#34;&lt;/textarea&gt;&lt;script&gt;&#34;: 1}</textarea>" in text
    assert "<script>&#34;" not in text


@pytest.mark.parametrize(
    "value,shown",
    [
        (record(procedures=["V44.4", "V55.1", "Y53.4", "Z66.5"]), "Compliant</h2>"),
        (record(procedures=["W37.1"]), "Out-of-scope</h2>"),
        (record(withdrawn=True), "Withdrawn</h2>"),
        (record(start_date="soon"), "<dt>Remark</dt><dd><span"),
        (b"{", f"<dt>Reason</dt><dd>{Reason.NOT_JSON}</dd>"),
        (b'{"EPISODE_ID": "E1", "PROVIDER_CODE": "R0A"}', "<dt>Hint</dt><dd>"),
        (b"{}", '<dt>Fault</dt><dd><span class="code">episode_id</span> is required</dd>'),
    ],
)
def test_the_page_shows_each_outcome_remarks_and_why_a_record_is_refused(
    http: TestClient, value: bytes, shown: str
) -> None:
    status, text = checked(http, file=value)
    assert (status, shown in text) == (200, True), text


def test_a_file_goes_before_the_text_and_an_empty_one_does_not(http: TestClient) -> None:
    assert "Out-of-scope</h2>" in checked(http, "{", record(procedures=["W37.1"]))[1]
    assert "Non-compliant</h2>" in checked(http, BAD.decode())[1]


def test_an_empty_form_is_told_at_its_field(http: TestClient) -> None:
    status, text = checked(http, " \r\n")
    assert status == 422
    assert f'<a href="#text">{NOTHING}</a>' in text
    assert 'aria-invalid="true"' in text


def test_a_form_of_another_site_is_refused(http: TestClient) -> None:
    elsewhere = {"Origin": "http://elsewhere.invalid"}
    answer = http.post("/check", data={"text": "{}"}, files={"file": b""}, headers=elsewhere)
    assert (answer.status_code, "another site" in answer.text) == (403, True)


def test_the_largest_record_is_checked_and_a_larger_one_is_refused(http: TestClient) -> None:
    padding = b" " * (OPEN.max_record_bytes - len(BAD))
    assert "Non-compliant</h2>" in checked(http, file=BAD + padding)[1]
    assert Reason.TOO_LARGE in checked(http, file=BAD + padding + b" ")[1]
    assert checked(http, file=BAD + padding + b" " * FORM_BYTES)[0] == 413


def test_nothing_that_is_entered_is_written_to_a_disk(
    http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        pytest.fail("it is written to a file")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
    padding = b" " * (OPEN.max_record_bytes - len(BAD))
    assert "Non-compliant</h2>" in checked(http, file=BAD + padding)[1]


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", ""]
)
def test_what_is_no_form_of_the_page_is_refused(http: TestClient, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = http.post("/check", content=b"text=1", headers=headers)
    assert (answer.status_code, "Send the form of this page" in answer.text) == (400, True)


@given(st.binary(max_size=200), st.sampled_from(["text", "file", "other"]))
def test_any_body_has_an_answer(http: TestClient, value: bytes, name: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' % name.encode()
    for body in (value, part + value, part + value + b"\r\n--x--\r\n"):
        answer = http.post("/check", content=body, headers={"Content-Type": FORM})
        assert answer.status_code in {200, 400, 422}
