package ipg12;

import org.apache.kafka.common.serialization.Serializer;

/** A value on its way to a partition; a partitioner sees nothing but key and value. */
record Outgoing(byte[] value, int partition) {
    static final Serializer<Outgoing> SERIALIZER = (topic, outgoing) -> outgoing.value();
}
