from collections.abc import Iterator

import pytest
from broker.distribution import what_is_missing
from chaos.case import Case, run
from chaos.cases import CASES
from chaos.stage import Stage

SEED = 12


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if missing := what_is_missing():
        pytest.fail(missing, pytrace=False)
    stage = Stage(tmp_path_factory.mktemp("chaos"), SEED)
    with stage.cluster:
        yield stage


@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in CASES if each.short])
def test_nothing_is_lost_doubled_or_miscounted_when(stage: Stage, case: Case) -> None:
    result = run(case, stage.scene(case), case.short)
    result.assert_clean()
