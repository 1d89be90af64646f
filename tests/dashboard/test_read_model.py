import pytest
from dashboard.scenes import TOPICS, Scene, busy_scene, written

from schemas.alert import AlertAction
from streams.dashboard.read_model import STEPS_KEPT, ReadModel, ReadRecord
from streams.errors import OperatorError

BAD = written(procedures=["V44.4", "Y53.4", "V55.1", "Z66.5"])
GOOD = written(procedures=["V44.4", "V55.1", "Y53.4", "Z66.5"])


def test_an_alert_an_episode_and_a_step_are_seen_until_the_episode_is_corrected() -> None:
    scene = Scene()
    scene.publish([BAD])
    (alert,) = scene.view.alerts()
    assert (alert.key, alert.awaiting) == ("LV02/R0A", 1)
    assert [episode.episode_id for episode in scene.view.worklist("R0A")] == ["E1"]
    assert scene.view.awaiting() == {"R0A": 1}
    scene.publish([GOOD])
    assert scene.view.worklist("R0A") == []
    assert scene.view.awaiting() == {}
    assert [event.step for event in scene.view.history("LV02/R0A")] == ["resolved", "opened"]


def test_an_episode_with_a_warning_only_is_on_the_worklist_of_all_findings() -> None:
    scene = Scene()
    warned = written(procedures=["V44.4", "V55.1", "Y53.4", "Z66.4", "Z66.5"])
    scene.publish([warned])
    assert (scene.view.worklist("R0A"), scene.view.awaiting()) == ([], {})
    (episode,) = scene.view.worklist("R0A", everything=True)
    assert {finding.severity for finding in episode.findings} == {"warning"}
    scene.publish([BAD])
    assert len(scene.view.worklist("R0A")) == 1
    scene.publish([warned])
    assert (scene.view.worklist("R0A"), scene.view.awaiting()) == ([], {})


def test_alerts_that_nobody_has_to_do_anything_about_come_last() -> None:
    alerts = busy_scene().view.alerts()
    ranks = [(not alert.state.active, alert.silence is not None, alert.since) for alert in alerts]
    assert ranks == sorted(ranks)
    assert len({rank[:2] for rank in ranks}) == 3


def test_of_a_long_history_the_latest_steps_are_kept() -> None:
    scene = Scene()
    scene.publish([BAD])
    for number in range(STEPS_KEPT + 50):
        scene.command(AlertAction.UNSILENCE, "LV02/R0A", why=str(number))
    history = scene.view.history("LV02/R0A")
    assert len(history) == STEPS_KEPT
    assert history[0].why.startswith("the alert is not silenced")


@pytest.mark.parametrize("topic", ReadModel(TOPICS).topics)
def test_a_record_that_is_none_of_ours_is_trouble_that_says_where_it_stands(topic: str) -> None:
    with pytest.raises(OperatorError, match=f"^{topic}/3/17 is none of ours$"):
        ReadModel(TOPICS).take(ReadRecord(topic, 3, 17, 0, b"key", b'{"secret": 1}'))


def test_nobody_has_an_alert_that_there_is_not() -> None:
    view = ReadModel(TOPICS)
    assert (view.alert("LV02/R0A"), view.history("LV02/R0A"), view.alerts()) == (None, [], [])


def test_asking_for_names_that_nobody_has_leaves_nothing_behind() -> None:
    view = busy_scene().view

    def size() -> int:
        return sum(len(each) for each in vars(view).values() if hasattr(each, "__len__"))

    before = size()
    for number in range(100):
        assert view.worklist(f"X{number}", everything=True) == []
        assert view.alert(f"LV02/X{number}") is None
        assert view.history(f"LV02/X{number}") == []
    assert size() == before


def test_a_tombstone_forgets_what_stood_under_its_key_and_stops_nothing() -> None:
    scene = Scene()
    scene.publish([BAD, written(episode_id="E2", procedures=["V44.4", "Y53.4", "Z66.5"])])
    view = scene.view
    assert len(view.worklist("R0A")) == view.awaiting()["R0A"] == 2

    def delete(topic: str, key: str) -> None:
        view.take(ReadRecord(topic, 0, 1_000, 0, key.encode(), None))

    for key in ("R0A/E1", "R0A/E1", "R0A/E9", "RXX/E1", "", "R0A"):
        delete(TOPICS.worklist, key)
    assert [episode.episode_id for episode in view.worklist("R0A")] == ["E2"]
    assert view.awaiting() == {"R0A": 1}

    others = [alert.key for alert in view.alerts() if alert.key != "LV02/R0A"]
    for key in ("LV02/R0A", "LV02/R0A", "none"):
        delete(TOPICS.alerts, key)
    assert [alert.key for alert in view.alerts()] == others
    assert view.alert("LV02/R0A") is None

    for topic in view.topics:
        delete(topic, "e/0")
    assert len(view.history("LV02/R0A")) == 1
    scene.publish([BAD])
    assert view.awaiting() == {"R0A": 2}
