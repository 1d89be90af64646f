package ipg12;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.state.Stores;

/**
 * The check of rule set 2 as a Kafka Streams application, exactly once.
 *
 * <p>Records go to the topics of their outcomes with the same headers, and the answers in the same
 * shape, as the Python worker's. Left out are the texts of {@code expected} and of the fixes, all
 * but the first fault of a record that is no episode, remarks, and what the worker remembers of an
 * episode: the topic of those in scope, and the verdict on one that has left it.
 */
final class Main {
    private static final int POLL_RECORDS = 5_000;
    private static final int BATCH_BYTES = 262_144;
    private static final int LARGEST_BYTES = 104_857_600;
    private static final long BUFFER_BYTES = 134_217_728;

    private Main() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length == 1 && arguments[0].equals("--judge")) {
            judgeLines();
        } else {
            run(System.getenv());
        }
    }

    /** Judge standard input, a record a line: the verdict, in one line. */
    private static void judgeLines() throws IOException {
        // A byte a character: what is not UTF-8 has to reach the judge as it is.
        var lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.ISO_8859_1));
        var out = new BufferedOutputStream(System.out);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Verdict verdict = Judge.judge(null, line.getBytes(StandardCharsets.ISO_8859_1));
            out.write(VerdictWriter.answer(verdict));
            out.write('\n');
        }
        out.flush();
    }

    private static void run(Map<String, String> environment) throws InterruptedException {
        var streams =
                new KafkaStreams(
                        topology(environment.get("IPG12_TOPIC_PREFIX")),
                        settings(environment.get("IPG12_BROKERS"), environment.get("IPG12_GROUP")));
        var stopped = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(
                error -> {
                    error.printStackTrace();
                    stopped.countDown();
                    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        // A healthy worker waits here until SIGTERM; the hook then closes what is running.
        stopped.await();
        System.exit(1);
    }

    private static Topology topology(String prefix) {
        String episodes = prefix + "episodes";
        TimestampExtractor timestamp =
                // A producer may have set none, or one before 1970, which Streams would drop.
                (record, partitionTime) ->
                        record.timestamp() < 0 ? System.currentTimeMillis() : record.timestamp();
        StreamPartitioner<byte[], Outgoing> samePartition =
                (topic, key, outgoing, partitions) -> Optional.of(Set.of(outgoing.partition()));
        var bytes = new ByteArrayDeserializer();
        var keys = new ByteArraySerializer();
        // In memory, for there are few counts; the changelog keeps them, and takes one record a
        // count and commit because the cache holds back what comes in between.
        var counts =
                Stores.keyValueStoreBuilder(
                                Stores.inMemoryKeyValueStore(EpisodeProcessor.COUNTS),
                                Serdes.String(),
                                Serdes.Long())
                        .withCachingEnabled();
        var topology =
                new Topology()
                        .addSource(
                                AutoOffsetReset.earliest(),
                                "episodes",
                                timestamp,
                                bytes,
                                bytes,
                                episodes)
                        .addProcessor("judge", () -> new EpisodeProcessor(episodes), "episodes")
                        .addStateStore(counts, "judge")
                        .addSink(
                                EpisodeProcessor.VERDICTS,
                                prefix + "verdicts",
                                keys,
                                Outgoing.SERIALIZER,
                                "judge");
        for (Outcome outcome : Outcome.values()) {
            topology.addSink(
                    outcome.text,
                    prefix + outcome.text,
                    keys,
                    Outgoing.SERIALIZER,
                    samePartition,
                    "judge");
        }
        return topology;
    }

    private static Properties settings(String brokers, String group) {
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, group);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        // The default, 100 ms, is for latency: ten times the commits, and more work for the broker.
        settings.put(
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                Integer.getInteger(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000));
        // One thread, as the Python contenders have one.
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        // Fetches of this size keep a batch of each partition full between two commits.
        settings.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), POLL_RECORDS);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, POLL_RECORDS);
        settings.put(
                StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), BATCH_BYTES);
        settings.put(
                StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), BUFFER_BYTES);
        // A record of the largest size that comes in leaves with headers besides.
        settings.put(
                StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
                LARGEST_BYTES);
        return settings;
    }
}
