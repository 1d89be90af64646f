"""The API, and what both it and the pages guarantee."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dashboard.scenes import TOPICS, Scene, busy_scene, record
from dashboard.serving import OPEN, TOKEN
from fastapi.testclient import TestClient
from httpx2 import Response
from itsdangerous import URLSafeTimedSerializer

from schemas.alert import Alert, AlertAction, AlertEvent, AlertPosition
from schemas.verdict import Verdict
from streams.dashboard.access import BAD_TOKENS, COOKIE, SESSION_SECONDS
from streams.dashboard.app import BODY_BYTES, HEADERS
from streams.errors import OperatorError
from streams.settings import Settings
from streams.validation.check import judge
from streams.validation.rules import RULES

GOLDEN = Path(__file__).parents[1] / "golden" / "episodes.jsonl"
BAD = record(procedures=["V44.4", "Y53.4", "V55.1", "Z66.5"])
KEY = "LV02/R0A"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
UNTIL = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def client(scene: Scene, *, raise_server_exceptions: bool = True) -> TestClient:
    app = scene.dashboard()
    return TestClient(
        app,
        base_url="http://localhost",
        follow_redirects=False,
        raise_server_exceptions=raise_server_exceptions,
    )


@pytest.fixture
def scene() -> Scene:
    made = Scene(OPEN)
    made.publish([BAD])
    return made


@pytest.fixture
def api(scene: Scene) -> Iterator[TestClient]:
    with client(scene) as http:
        yield http


def problem(answer: Response) -> str:
    """Return the detail of a problem, after verifying its fields and status."""
    assert answer.headers["content-type"] == "application/problem+json"
    fields = answer.json()
    assert set(fields) == {"type", "title", "status", "detail", "errors"}
    assert fields["status"] == answer.status_code
    return str(fields["detail"])


def test_alerts_are_listed_as_requested() -> None:
    scene = busy_scene(OPEN)
    alerts, http = scene.read_model.alerts(), client(scene)

    def listed(query: str) -> list[Alert]:
        answer = http.get(f"/api/alerts?{query}").json()
        assert answer["total"] == len(answer["alerts"])
        return [Alert.model_validate(alert) for alert in answer["alerts"]]

    def active(alert: Alert) -> bool:
        return alert.state.active and alert.silence is None

    limit = "limit=200"
    assert listed(f"{limit}&show=all") == alerts
    assert listed(limit) == [alert for alert in alerts if active(alert)]
    for show in "resolved", "silenced", "pending":
        found = listed(f"{limit}&show={show}")
        assert all(show == alert.state or (show == "silenced" and alert.silence) for alert in found)
        assert bool(found) == (show != "pending")
    (first, *_) = alerts
    found = listed(f"{limit}&rule={first.rule}&provider={first.provider.lower()}&severity=")
    assert found == [first]
    whole = http.get("/api/alerts?show=all&limit=3&offset=2").json()
    assert [Alert.model_validate(alert) for alert in whole["alerts"]] == alerts[2:5]
    assert whole["total"] == len(alerts)


def test_acknowledged_alerts_are_listed_apart_from_unattended_ones() -> None:
    scene = Scene(OPEN)
    scene.publish([BAD, record(episode_id="E2", provider_code="RM3", procedures=["V44.4"])])
    before = {alert.key for alert in scene.read_model.alerts()}
    scene.command(AlertAction.ACKNOWLEDGE, KEY)
    http = client(scene)
    shown = {
        show: {f"{alert['rule']}/{alert['provider']}" for alert in answer["alerts"]}
        for show in ("attention", "unattended", "acknowledged")
        for answer in [http.get(f"/api/alerts?show={show}").json()]
    }
    assert shown == {"attention": before, "unattended": before - {KEY}, "acknowledged": {KEY}}
    assert scene.read_model.alerts()[-1].key == KEY
    assert f"{len(before) - 1} not acknowledged" in http.get("/").text


def test_it_knows_codes_in_any_case(api: TestClient) -> None:
    for address in "alerts/lv02/r0a", "worklist/r0a", "rules/lv02", "alerts?rule=lv02&provider=r0a":
        assert api.get(f"/api/{address}").json() == api.get(f"/api/{upper(address)}").json()


def upper(address: str) -> str:
    return address.replace("lv02", "LV02").replace("r0a", "R0A")


def test_an_alert_has_its_history_and_its_episodes(api: TestClient) -> None:
    detail = api.get(f"/api/alerts/{KEY}").json()
    assert detail["alert"]["awaiting"] == 1
    assert [event["step"] for event in detail["history"]] == ["opened"]
    assert [episode["episode_id"] for episode in detail["episodes"]] == ["E1"]
    assert api.get("/api/worklist").json() == [{"provider": "R0A", "episodes": 1}]
    worklist = api.get("/api/worklist/R0A").json()
    assert (worklist["total"], worklist["episodes"]) == (1, detail["episodes"])


def test_counters_are_those_of_the_ledger(api: TestClient) -> None:
    counters = api.get("/api/counters?span=day").json()
    assert counters["outcomes"] == {"non-compliant": 1}
    assert counters["rules"] == {"LV02": 1}
    assert len(counters["span"]) == 48


def test_every_rule_has_its_examples(api: TestClient) -> None:
    rules = api.get("/api/rules").json()
    assert [rule["code"] for rule in rules] == [rule.code for rule in RULES]
    for rule in rules:
        assert api.get(f"/api/rules/{rule['code']}").json() == rule
        assert all(example["bad"] != example["good"] for example in rule["examples"])
        assert any(example["at_fault"] for example in rule["examples"]) or rule["code"] in {
            "DX01",
            "DX06",
        }


def test_a_check_gives_the_verdict_that_a_record_would_have_had(api: TestClient) -> None:
    for line in GOLDEN.read_text().splitlines():
        value = json.dumps(json.loads(line)["episode"]).encode()
        assert Verdict.model_validate(api.post("/api/check", content=value).json()) == judge(value)
    assert api.post("/api/check", content=b"{").json()["rejection"]["reason"] == "not-json"
    large = b'"' + b"x" * OPEN.max_record_bytes
    answer = api.post("/api/check", content=large)
    assert (answer.status_code, problem(answer)) == (413, "the episode exceeds 1048576 bytes")


def test_a_check_reads_hl7_messages_by_the_fields_that_are_configured() -> None:
    message = b"MSH|^~\\&|PAS|R0A|||||ADT^A03\rPID|1|||||||||||||||||E9\rPV1|1|||||||||||||||||||\r"
    configured = OPEN.model_copy(update={"hl7_episode_id": "PID-18"})
    for settings, episode_id in ((OPEN, None), (configured, "E9")):
        with client(Scene(settings)) as http:
            answer = http.post("/api/check", content=message)
        assert answer.json()["episode_id"] == episode_id


def test_an_alert_is_acknowledged_silenced_and_resolved(api: TestClient, scene: Scene) -> None:
    for action, body, step in (
        ("acknowledge", {}, "acknowledged"),
        ("silence", {"why": "known", "until": UNTIL}, "silenced"),
        ("unsilence", {}, "unsilenced"),
        ("resolve", {"why": "withdrawn"}, "resolved"),
    ):
        answer = api.post(f"/api/alerts/{KEY}/{action}", json={"by": "Ann", **body}, headers=BEARER)
        assert answer.status_code == 200, answer.text
        event = AlertEvent.model_validate(answer.json())
        assert (event.step, event.by) == (step, "Ann")
        assert scene.read_model.alert(KEY) == event.alert


@pytest.mark.parametrize(
    "address,body,status,detail",
    [
        (f"{KEY}/acknowledge", {"by": ""}, 422, "body.by String should have at least 1 character"),
        (f"{KEY}/acknowledge", {}, 422, "body.by Field required"),
        (f"{KEY}/resolve", {"by": "Ann"}, 422, "resolve needs a reason (why)"),
        (f"{KEY}/resolve", {"by": "A", "why": "x" * 501}, 422, "should have at most 500"),
        (f"{KEY}/silence", {"by": "A", "why": "x"}, 422, "a silence needs an end (until)"),
        (
            f"{KEY}/silence",
            {"by": "A", "why": "x", "until": "2026-01-01T00:00:00Z"},
            422,
            "a silence must end after it begins (until)",
        ),
        (
            f"{KEY}/silence",
            {"by": "A", "why": "x", "until": "2999-01-01T00:00:00Z"},
            422,
            "90 days at most",
        ),
        (
            f"{KEY}/resolve",
            {"by": "A", "why": "x", "until": UNTIL},
            422,
            "only a silence can have an",
        ),
        (f"{KEY}/unsilence", {"by": "A"}, 409, "the alert is not silenced"),
        (f"{KEY}/delete", {"by": "A"}, 422, "path.action"),
        ("LV02/ZZZ/resolve", {"by": "A", "why": "x"}, 404, "there is no such alert"),
        ("lv2/R0A/resolve", {"by": "A", "why": "x"}, 422, "path.rule"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_invalid_action_is_a_problem_and_changes_nothing(
    api: TestClient, scene: Scene, address: str, body: dict[str, str], status: int, detail: str
) -> None:
    before = scene.read_model.alerts()
    answer = api.post(f"/api/alerts/{address}", json=body, headers=BEARER)
    assert answer.status_code == status
    assert detail in problem(answer)
    assert scene.read_model.alerts() == before


@pytest.mark.parametrize(
    "address,status,detail",
    [
        ("alerts?show=some", 422, "query.show"),
        ("alerts?limit=201", 422, "query.limit"),
        ("alerts?offset=-1", 422, "query.offset"),
        ("alerts?colour=red", 422, "query.colour"),
        ("alerts?provider=R*", 422, "query.provider"),
        ("alerts/LV02/ZZZ", 404, "there is no alert LV02/ZZZ"),
        ("rules/XX99", 404, "there is no rule XX99"),
        ("counters?span=year", 422, "query.span"),
        ("nothing", 404, "Not Found"),
    ],
)
def test_an_invalid_request_is_a_problem(
    api: TestClient, address: str, status: int, detail: str
) -> None:
    answer = api.get(f"/api/{address}")
    assert answer.status_code == status
    assert detail in problem(answer)


def test_a_problem_does_not_quote_what_was_sent(api: TestClient) -> None:
    body = {"by": "secret" * 30, "why": ["secret"], "until": "secret"}
    answer = api.post(f"/api/alerts/{KEY}/silence", json=body, headers=BEARER)
    assert len(answer.json()["errors"]) == 3
    assert "secret" not in answer.text


def test_without_a_token_configured_nothing_can_be_changed(scene: Scene) -> None:
    scene.settings = Settings()
    with client(scene) as http:
        for headers in {}, BEARER:
            answer = http.post(f"/api/alerts/{KEY}/acknowledge", json={"by": "A"}, headers=headers)
            assert answer.status_code == 403
            assert "set IPG12_API_TOKEN" in problem(answer)
        assert http.get(f"/alerts/{KEY}/acknowledge").status_code == 403
        signing = http.post("/sign-in", data={"name": "A", "token": ""})
        assert (signing.status_code, dict(signing.cookies)) == (403, {})


def test_a_token_that_is_wrong_too_often_has_to_wait_even_if_it_is_right_then(
    api: TestClient,
) -> None:
    def ask(**headers: str) -> Response:
        return api.post(f"/api/alerts/{KEY}/acknowledge", json={"by": "A"}, headers=headers)

    missing = ask()
    assert (missing.status_code, missing.headers["www-authenticate"]) == (401, "Bearer")
    for _ in range(BAD_TOKENS.amount):
        assert problem(ask(Authorization="Bearer wrong")) == "the token is wrong"
    for headers in {"Authorization": "Bearer wrong"}, BEARER:
        late = ask(**headers)
        assert late.status_code == 429
        assert 0 < int(late.headers["retry-after"]) <= 60
        assert "too many wrong tokens" in problem(late)
    assert api.get("/api/alerts").status_code == 200


@pytest.mark.parametrize(
    "address", ["/", "/api/alerts", "/static/live.js", "/livez", "/nowhere", "/api/broken"]
)
def test_every_response_has_the_security_headers(scene: Scene, address: str) -> None:
    http = client(scene, raise_server_exceptions=False)

    @http.app.get("/api/broken")  # type: ignore[attr-defined, untyped-decorator]
    async def broken() -> None:
        raise ZeroDivisionError

    for host in "localhost", "elsewhere.invalid":
        answer = http.get(address, headers={"Origin": "http://elsewhere.invalid", "Host": host})
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_an_internal_error_is_a_problem_without_details(scene: Scene) -> None:
    http = client(scene, raise_server_exceptions=False)
    scene.read_model.alerts = None  # type: ignore[assignment, method-assign]
    answer = http.get("/api/alerts")
    assert answer.status_code == 500
    assert problem(answer) == "internal error in the dashboard; report it"


def test_a_form_that_another_site_sends_changes_nothing(scene: Scene, api: TestClient) -> None:
    signed_in = api.post("/sign-in", data={"name": "Ann", "token": TOKEN})
    assert signed_in.status_code == 303
    elsewhere = {"Origin": "http://elsewhere.invalid"}
    for address in f"/alerts/{KEY}/acknowledge", "/sign-in", "/sign-out":
        answer = api.post(address, data={"name": "A", "token": TOKEN}, headers=elsewhere)
        assert answer.status_code == 403
        assert "another site" in answer.text
        assert "set-cookie" not in answer.headers
    alert = scene.read_model.alert(KEY)
    assert alert is not None
    assert alert.state == "open"
    ours = {"Origin": "http://localhost"}
    assert api.post(f"/alerts/{KEY}/acknowledge", headers=ours).status_code == 303


def test_behind_a_proxy_it_goes_by_the_names_that_it_was_given(scene: Scene) -> None:
    scene.settings = OPEN.model_copy(update={"dashboard_names": "ipg12.example"})
    with client(scene) as http:
        assert http.get("/", headers={"Host": "ipg12.example"}).status_code == 200
        form = {"name": "Ann", "token": TOKEN}
        origin = {"Origin": "https://ipg12.example"}
        assert http.post("/sign-in", data=form, headers=origin).status_code == 303


def test_who_has_signed_in_is_known_by_a_cookie_that_nobody_can_make_or_keep(
    scene: Scene, api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/alerts/{KEY}/acknowledge"
    assert api.get(address).headers["location"] == f"/sign-in?to={address}"
    signed_in = api.post("/sign-in", data={"name": "Ann", "token": TOKEN})
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(
        signed_in.headers["set-cookie"].split("; ")
    )
    assert api.get(address).status_code == 200
    with client(scene) as tampering:
        for forged in "Ann", URLSafeTimedSerializer("a guess", salt="ipg12 session").dumps("Ann"):
            tampering.cookies.set(COOKIE, forged)
            assert tampering.get(address).status_code == 303
    later = time.time() + SESSION_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert api.get(address).status_code == 303


def test_a_cookie_that_came_by_https_goes_by_https_only(scene: Scene) -> None:
    app = scene.dashboard()
    http = TestClient(app, base_url="https://localhost", follow_redirects=False)
    answer = http.post("/sign-in", data={"name": "Ann", "token": TOKEN})
    assert "; Secure" in answer.headers["set-cookie"]


def test_a_large_request_is_refused_before_it_is_read_and_before_the_token_is_asked_for(
    api: TestClient,
) -> None:
    large = b'{"by": "' + b"x" * BODY_BYTES + b'"}'
    answer = api.post(f"/api/alerts/{KEY}/acknowledge", content=large)
    assert answer.status_code == 413


def test_until_the_topics_are_read_it_does_not_answer_as_if_they_were(scene: Scene) -> None:
    scene.read_model.complete = False
    with client(scene) as http:
        for address in "alerts", f"alerts/{KEY}", "worklist", "worklist/R0A":
            answer = http.get(f"/api/{address}")
            assert (answer.status_code, "still being read" in problem(answer)) == (503, True)
        body = {"by": "Ann"}
        answer = http.post(f"/api/alerts/{KEY}/acknowledge", json=body, headers=BEARER)
        assert answer.status_code == 503
        assert http.get("/api/counters").json()["complete"] is False
        assert "This page is not complete yet" in http.get("/alerts").text


@pytest.mark.parametrize("address", ["/alerts/lv2/R0A", "/alerts/%E2%9C%93/R0A/acknowledge"])
def test_a_page_that_cannot_be_is_not_found(api: TestClient, address: str) -> None:
    api.post("/sign-in", data={"name": "Ann", "token": TOKEN})
    answer = api.get(address)
    assert (answer.status_code, "there is no such page" in answer.text.lower()) == (404, True)


def test_a_page_with_odd_signs_in_its_address_leads_to_signing_in(api: TestClient) -> None:
    answer = api.get("/alerts/%E2%9C%93/R0A/acknowledge")
    assert answer.headers["location"] == "/sign-in?to=/alerts/%E2%9C%93/R0A/acknowledge"


def test_a_name_that_somebody_else_has_given_this_machine_is_refused(scene: Scene) -> None:
    with client(scene) as http:
        assert http.get("/", headers={"Host": "elsewhere.invalid"}).status_code == 400
    scene.settings = Settings(dashboard_host="0.0.0.0")  # noqa: S104  # a proxy stands before it
    with client(scene) as http:
        assert http.get("/", headers={"Host": "ipg12.example"}).status_code == 200


def test_it_is_ready_once_everything_was_read_and_while_brokers_answer() -> None:
    scene = Scene(OPEN)
    with client(scene) as http:
        assert http.get("/livez").json() == {"alive": True}
        early = http.get("/readyz")
        assert (early.status_code, early.json()["reason"]) == (
            503,
            "the topics are still being read",
        )
        scene.publish([BAD])
        assert http.get("/readyz").json() == {"ready": True, "reason": None}
        scene.read_model.brokers_unreachable_since = datetime.now(UTC)
        assert http.get("/readyz").json()["reason"] == "the brokers do not answer"


def test_alerts_that_stop_following_the_verdicts_are_reported_as_stalled(
    scene: Scene, api: TestClient
) -> None:
    assert api.get("/api/counters").json()["alerts_stalled_since"] is None
    scene.alerts_running = False
    scene.publish([BAD], seconds=600)
    assert api.get("/api/counters").json()["alerts_stalled_since"] is not None
    updated_at = scene.clock - timedelta(seconds=30)
    scene.put(TOPICS.alert_ledger, "v/0", AlertPosition(upto=0, partitions=1), updated_at)
    scene.read()
    assert api.get("/api/counters").json()["alerts_stalled_since"] is None
    scene.publish([record(procedures=["W37.1"])], seconds=600)
    assert api.get("/api/counters").json()["alerts_stalled_since"] is None
    scene.publish([BAD])
    since = api.get("/api/counters").json()["alerts_stalled_since"]
    assert datetime.fromisoformat(since) == updated_at.replace(
        microsecond=updated_at.microsecond // 1000 * 1000
    )
    assert "Alerts have not been updated since" in api.get("/").text


def test_a_page_marks_the_codes_at_fault_and_says_what_a_proposal_leaves(api: TestClient) -> None:
    fixed = " ".join(api.get("/worklist/R0A").text.split())
    assert '<mark class="code">V55.1</mark><span class="hidden">: </span>' in fixed
    assert '<span class="label">LV02</span>' in fixed
    assert '<ins class="code">V55.1</ins>' in fixed
    assert "Corrects all errors." in fixed


def test_findings_that_a_proposal_does_not_fix_are_named(scene: Scene, api: TestClient) -> None:
    half = record(episode_id="E3", procedures=["V44.4", "Y53.4", "V55.1"], diagnoses=[])
    scene.publish([half])
    (_, row) = api.get("/api/worklist/R0A").json()["episodes"]
    assert (row["procedures"], row["diagnoses"]) == (["V44.4", "Y53.4", "V55.1"], [])
    assert row["remaining_errors"] == 2
    text = " ".join(api.get("/worklist/R0A").text.split())
    assert "2 errors remain after it: correct ST01 and DX01 by hand." in text


def test_an_episode_whose_codes_were_not_kept_is_shown_with_its_findings(
    scene: Scene, api: TestClient
) -> None:
    (row,) = scene.read_model.worklist("R0A")
    old = row.model_copy(update={"procedures": None, "diagnoses": None, "remaining_errors": None})
    scene.put(TOPICS.worklist, row.key, old)
    scene.read()
    text = " ".join(api.get("/worklist/R0A").text.split())
    assert "Not kept by the earlier release" in text
    assert "Corrects all errors." in text


def test_without_an_alerts_process_the_problem_says_so(scene: Scene, api: TestClient) -> None:
    def unanswered(_: object) -> AlertEvent:
        message = "no answer within 20 s: is `ipg12 alerts run` running?"
        raise OperatorError(message)

    scene.ask = unanswered  # type: ignore[method-assign, assignment]  # a fault
    answer = api.post(f"/api/alerts/{KEY}/acknowledge", json={"by": "A"}, headers=BEARER)
    assert answer.status_code == 503
    assert "is `ipg12 alerts run` running?" in problem(answer)
