import json
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from streams.demo.broker import free_port
from streams.runtime.health import answers, serve_in_thread


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_process_says_that_it_is_alive_whether_it_is_ready_and_why_not() -> None:
    reasons: list[str | None] = [None, "waiting for the brokers"]
    port = free_port()
    serve_in_thread(port, answers(lambda: b"ipg12_x 1\n", lambda: reasons.pop(0)))
    assert get(port, "/livez") == (HTTPStatus.OK, '{"alive": true}')
    assert get(port, "/metrics?name[]=x") == (HTTPStatus.OK, "ipg12_x 1\n")
    for ready, reason in ((True, None), (False, "waiting for the brokers")):
        status, body = get(port, "/readyz")
        assert status == (HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)
        assert json.loads(body) == {"ready": ready, "reason": reason}
    assert get(port, "/nowhere")[0] == HTTPStatus.NOT_FOUND


def test_requests_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    serve_in_thread(port, answers(lambda: b"", lambda: None))
    assert get(port, "/metrics") == (HTTPStatus.OK, "")
    assert capsys.readouterr() == ("", "")
