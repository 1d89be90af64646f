import pytest
from dashboard.scenes import TOPICS, Scene, busy_scene, record

from schemas.alert import AlertAction
from streams.dashboard.read_model import EVENTS_KEPT, ReadModel, ReadRecord
from streams.errors import OperatorError

BAD = record(procedures=["V44.4", "Y53.4", "V55.1", "Z66.5"])
GOOD = record(procedures=["V44.4", "V55.1", "Y53.4", "Z66.5"])


def test_alert_episode_and_event_are_shown_until_the_episode_is_corrected() -> None:
    scene = Scene()
    scene.publish([BAD])
    (alert,) = scene.read_model.alerts()
    assert (alert.key, alert.awaiting) == ("LV02/R0A", 1)
    assert [episode.episode_id for episode in scene.read_model.worklist("R0A")] == ["E1"]
    assert scene.read_model.error_counts() == {"R0A": 1}
    scene.publish([GOOD])
    assert scene.read_model.worklist("R0A") == []
    assert scene.read_model.error_counts() == {}
    assert [event.step for event in scene.read_model.history("LV02/R0A")] == ["resolved", "opened"]


def test_an_episode_with_a_warning_only_is_on_the_worklist_of_all_findings() -> None:
    scene = Scene()
    warned = record(procedures=["V44.4", "V55.1", "Y53.4", "Z66.5", "Y84.2"])
    scene.publish([warned])
    assert (scene.read_model.worklist("R0A"), scene.read_model.error_counts()) == ([], {})
    (episode,) = scene.read_model.worklist("R0A", everything=True)
    assert {finding.severity for finding in episode.findings} == {"warning"}
    scene.publish([BAD])
    assert len(scene.read_model.worklist("R0A")) == 1
    scene.publish([warned])
    assert (scene.read_model.worklist("R0A"), scene.read_model.error_counts()) == ([], {})


def test_alerts_that_need_no_action_come_last() -> None:
    alerts = busy_scene().read_model.alerts()
    ranks = [(not alert.state.active, alert.silence is not None, alert.since) for alert in alerts]
    assert ranks == sorted(ranks)
    assert len({rank[:2] for rank in ranks}) == 3


def test_the_latest_events_of_a_long_history_are_kept() -> None:
    scene = Scene()
    scene.publish([BAD])
    for number in range(EVENTS_KEPT + 50):
        scene.command(AlertAction.UNSILENCE, "LV02/R0A", why=str(number))
    history = scene.read_model.history("LV02/R0A")
    assert len(history) == EVENTS_KEPT
    assert history[0].why.startswith("the alert is not silenced")


@pytest.mark.parametrize("topic", ReadModel(TOPICS).topics)
def test_an_invalid_record_is_an_error_that_names_its_place(topic: str) -> None:
    with pytest.raises(OperatorError, match=f"^{topic}/3/17 was not written by ipg12; [^{{]*$"):
        ReadModel(TOPICS).apply(ReadRecord(topic, 3, 17, 0, b"key", b'{"secret": 1}'))


def test_an_unknown_alert_has_no_history() -> None:
    model = ReadModel(TOPICS)
    assert (model.alert("LV02/R0A"), model.history("LV02/R0A"), model.alerts()) == (None, [], [])


def test_requests_for_unknown_names_store_nothing() -> None:
    read_model = busy_scene().read_model

    def size() -> int:
        return sum(len(each) for each in vars(read_model).values() if hasattr(each, "__len__"))

    before = size()
    for number in range(100):
        assert read_model.worklist(f"X{number}", everything=True) == []
        assert read_model.alert(f"LV02/X{number}") is None
        assert read_model.history(f"LV02/X{number}") == []
    assert size() == before


def test_a_tombstone_deletes_the_row_of_its_key_and_stops_nothing() -> None:
    scene = Scene()
    scene.publish([BAD, record(episode_id="E2", procedures=["V44.4", "Y53.4", "Z66.5"])])
    read_model = scene.read_model
    assert len(read_model.worklist("R0A")) == read_model.error_counts()["R0A"] == 2

    def delete(topic: str, key: str) -> None:
        read_model.apply(ReadRecord(topic, 0, 1_000, 0, key.encode(), None))

    for key in ("R0A/E1", "R0A/E1", "R0A/E9", "RXX/E1", "", "R0A"):
        delete(TOPICS.worklist, key)
    assert [episode.episode_id for episode in read_model.worklist("R0A")] == ["E2"]
    assert read_model.error_counts() == {"R0A": 1}

    others = [alert.key for alert in read_model.alerts() if alert.key != "LV02/R0A"]
    for key in ("LV02/R0A", "LV02/R0A", "none"):
        delete(TOPICS.alerts, key)
    assert [alert.key for alert in read_model.alerts()] == others
    assert read_model.alert("LV02/R0A") is None

    for topic in read_model.topics:
        delete(topic, "e/0")
    assert len(read_model.history("LV02/R0A")) == 1
    scene.publish([BAD])
    assert read_model.error_counts() == {"R0A": 2}
