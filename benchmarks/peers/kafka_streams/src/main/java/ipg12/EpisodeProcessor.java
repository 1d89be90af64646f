package ipg12;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;

/** Judges the records of one partition, sends them on by outcome, and counts. */
final class EpisodeProcessor implements Processor<byte[], byte[], byte[], Outgoing> {
    /** The store of the counts: outcomes by their names, rules by their codes. */
    static final String COUNTS = "counts";

    static final String VERDICTS = "verdicts";

    private final String topic;
    private ProcessorContext<byte[], Outgoing> context;
    private KeyValueStore<String, Long> counts;
    private Routing routing;
    private int partition;

    EpisodeProcessor(String topic) {
        this.topic = topic;
    }

    @Override
    public void init(ProcessorContext<byte[], Outgoing> context) {
        this.context = context;
        counts = context.getStateStore(COUNTS);
        partition = context.taskId().partition();
        routing = new Routing(topic, partition, context.applicationId());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        long offset = context.recordMetadata().map(RecordMetadata::offset).orElseThrow();
        Verdict verdict = Judge.judge(record.key(), record.value());
        Outcome outcome = verdict.outcome();
        context.forward(
                record.withValue(new Outgoing(record.value(), partition))
                        .withHeaders(routing.headers(verdict, offset, record.headers())),
                outcome.text);
        count(outcome.text);
        if (outcome != Outcome.OUT_OF_SCOPE) {
            context.forward(answer(verdict, offset, record), VERDICTS);
            verdict.findings().forEach(finding -> count(finding.rule().name()));
        }
    }

    private Record<byte[], Outgoing> answer(
            Verdict verdict, long offset, Record<byte[], byte[]> record) {
        Episode episode = verdict.episode();
        byte[] key =
                episode == null ? null : episode.providerCode().getBytes(StandardCharsets.UTF_8);
        byte[] value = VerdictWriter.answer(verdict, topic, partition, offset);
        return new Record<>(
                key,
                new Outgoing(value, partition),
                record.timestamp(),
                routing.answerHeaders(verdict, offset, record.headers()));
    }

    private void count(String name) {
        Long before = counts.get(name);
        counts.put(name, before == null ? 1 : before + 1);
    }
}
