from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import cast

import pytest
from broker.distribution import what_is_missing
from chaos.case import Case, Result, run
from chaos.cases import CASES
from chaos.stage import Stage

SEED = 12
AT_ONCE = 3

SHORT = [each for each in CASES if each.short]

pytestmark = pytest.mark.timeout(1200)


def cases(*, alone: bool) -> pytest.MarkDecorator:
    chosen = [pytest.param(each, id=each.name) for each in SHORT if each.alone is alone]
    return pytest.mark.parametrize("case", chosen)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if missing := what_is_missing():
        pytest.fail(missing, pytrace=False)
    stage = Stage(tmp_path_factory.mktemp("chaos"), SEED)
    with stage.cluster:
        yield stage


@pytest.fixture(scope="module")
def results(stage: Stage, request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Result]]]:
    """Play what was asked for and leaves brokers and connections alone, some at once."""
    asked = [
        cast("Case", item.callspec.params["case"])
        for item in request.session.items
        if item.parent is request.node and isinstance(item, pytest.Function)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            case.name: pool.submit(run, case, stage.scene(case), case.short)
            for case in asked
            if not case.alone
        }
        pool.shutdown(cancel_futures=True)


# First: a broker that comes back has the fewer topics to look through.
@cases(alone=True)
def test_nothing_is_lost_doubled_or_miscounted_by_all_that_runs_when(
    stage: Stage, case: Case
) -> None:
    run(case, stage.scene(case), case.short).assert_clean()


@cases(alone=False)
def test_nothing_is_lost_doubled_or_miscounted_when(
    results: dict[str, Future[Result]], case: Case
) -> None:
    results[case.name].result().assert_clean()
