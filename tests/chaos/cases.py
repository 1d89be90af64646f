"""Every case of chaos, in the order in which they are played."""

from typing import Final

from chaos import brokers, input, network, processes, topics, workers  # noqa: A004  # a topic's role
from chaos.case import Case

CASES: Final[tuple[Case, ...]] = (
    workers.a_worker_is_killed,
    workers.a_worker_is_stopped,
    workers.a_worker_is_paused_for_longer_than_its_session_and_wakes,
    workers.workers_join_and_leave,
    brokers.a_broker_is_killed_and_comes_back,
    brokers.two_brokers_are_down_for_a_while,
    brokers.the_whole_cluster_goes_down_and_comes_up,
    network.connections_are_reset,
    network.connections_stall_for_longer_than_a_session,
    network.a_worker_is_stopped_while_its_brokers_are_out_of_reach,
    network.requests_arrive_late,
    topics.an_output_topic_is_deleted,
    topics.an_output_topic_becomes_read_only,
    topics.an_output_topic_takes_too_small_batches_only,
    topics.partitions_are_added_to_outputs_and_input,
    topics.partitions_are_added_to_the_input_first,
    input.the_input_has_gaps,
    input.records_expire_before_they_are_read,
    input.an_operator_resets_the_offsets_of_the_group,
    processes.a_rule_fails,
    processes.records_are_as_large_as_they_may_be,
    processes.the_clock_jumps,
)
