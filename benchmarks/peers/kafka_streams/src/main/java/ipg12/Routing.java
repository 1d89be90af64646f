package ipg12;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** The headers of what comes from one source partition. */
final class Routing {
    /** Names that are ours: what came in under one of them leaves without it, or with ours. */
    private static final Set<String> OURS =
            Set.of(
                    "ipg12-outcome",
                    "ipg12-ruleset",
                    "ipg12-rules",
                    "ipg12-source",
                    "ipg12-findings",
                    "ipg12-unreadable",
                    "__dlq.errors.topic",
                    "__dlq.errors.partition",
                    "__dlq.errors.offset",
                    "__dlq.errors.group",
                    "__dlq.errors.message",
                    "kafka_dlt-original-topic");

    /** Headers of a record that stand on its verdict too: the default of the Python worker. */
    private static final Set<String> ECHOED =
            Set.of(
                    "traceparent",
                    "tracestate",
                    "correlation-id",
                    "kafka_correlationId",
                    "ce_id");

    private final String topic;
    private final int partition;
    private final String group;

    Routing(String topic, int partition, String group) {
        this.topic = topic;
        this.partition = partition;
        this.group = group;
    }

    /** The headers of an output record: those that came in, then ours. */
    Headers headers(Verdict verdict, long offset, Headers incoming) {
        Headers headers = new RecordHeaders();
        for (Header header : incoming) {
            if (!OURS.contains(header.key())) {
                headers.add(header);
            }
        }
        addOurs(headers, verdict, offset);
        if (!verdict.findings().isEmpty()) {
            add(headers, "ipg12-rules", verdict.rules(","));
        }
        if (verdict.outcome().refused()) {
            add(headers, "__dlq.errors.topic", topic);
            add(headers, "__dlq.errors.partition", Integer.toString(partition));
            add(headers, "__dlq.errors.group", group);
            add(headers, "kafka_dlt-original-topic", topic);
            add(headers, "__dlq.errors.offset", Long.toString(offset));
            add(headers, "__dlq.errors.message", message(verdict));
        }
        if (verdict.outcome() == Outcome.NON_COMPLIANT) {
            headers.add("ipg12-findings", VerdictWriter.findings(verdict.findings()));
        }
        if (verdict.outcome() == Outcome.OUT_OF_SCOPE) {
            int malformed = verdict.episode().malformedProcedures();
            if (malformed > 0) {
                add(headers, "ipg12-unreadable", Integer.toString(malformed));
            }
        }
        return headers;
    }

    /** The headers of a verdict: those that came in and are echoed, then ours. */
    Headers answerHeaders(Verdict verdict, long offset, Headers incoming) {
        Headers headers = new RecordHeaders();
        for (Header header : incoming) {
            if (ECHOED.contains(header.key())) {
                headers.add(header);
            }
        }
        addOurs(headers, verdict, offset);
        return headers;
    }

    private void addOurs(Headers headers, Verdict verdict, long offset) {
        add(headers, "ipg12-outcome", verdict.outcome().text);
        add(headers, "ipg12-ruleset", VerdictWriter.RULESET);
        add(headers, "ipg12-source", topic + "/" + partition + "/" + offset);
    }

    private static String message(Verdict verdict) {
        Rejection rejection = verdict.rejection();
        return rejection == null
                ? "breaks " + verdict.rules(", ")
                : rejection.reason.text + ": " + rejection.place + " " + rejection.fault;
    }

    private static void add(Headers headers, String name, String text) {
        headers.add(name, text.getBytes(StandardCharsets.UTF_8));
    }
}
