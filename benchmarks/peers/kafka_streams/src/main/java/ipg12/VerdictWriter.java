package ipg12;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;

/**
 * Verdicts and findings as JSON, in the shape of schemas/json/verdict.schema.json.
 *
 * <p>The texts of {@code expected} and of a fix are empty, and so are the remarks; the hint of a
 * rejection is always null.
 */
final class VerdictWriter {
    static final String RULESET = "2";

    /** Maximum size of the findings in the header of a non-compliant record, in bytes. */
    private static final int MAX_FINDINGS_BYTES = 16_384;

    private static final JsonFactory JSON = new JsonFactory();

    private VerdictWriter() {}

    /** Write the verdict on a record that does not come from Kafka. */
    static byte[] answer(Verdict verdict) {
        return answer(verdict, null, 0, 0);
    }

    static byte[] answer(Verdict verdict, String topic, int partition, long offset) {
        var bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            Episode episode = verdict.episode();
            json.writeStartObject();
            json.writeStringField("episode_id", episode == null ? null : episode.episodeId());
            json.writeStringField("provider_code", episode == null ? null : episode.providerCode());
            json.writeStringField("outcome", verdict.outcome().text);
            json.writeStringField("ruleset", RULESET);
            json.writeFieldName("source");
            if (topic == null) {
                json.writeNull();
            } else {
                json.writeStartObject();
                json.writeStringField("topic", topic);
                json.writeNumberField("partition", partition);
                json.writeNumberField("offset", offset);
                json.writeEndObject();
            }
            json.writeStringField("format", episode == null ? null : "episode");
            writeCodes(json, "procedures", episode == null ? null : episode.procedures());
            writeCodes(json, "diagnoses", episode == null ? null : episode.diagnoses());
            json.writeArrayFieldStart("findings");
            for (Finding finding : verdict.findings()) {
                write(json, finding);
            }
            json.writeEndArray();
            if (verdict.proposed() == null) {
                json.writeNullField("proposed");
                json.writeNullField("remaining_errors");
            } else {
                json.writeArrayFieldStart("proposed");
                for (String code : verdict.proposed()) {
                    json.writeString(code);
                }
                json.writeEndArray();
                json.writeNumberField("remaining_errors", verdict.remainingErrors());
            }
            json.writeArrayFieldStart("remarks");
            json.writeEndArray();
            json.writeFieldName("rejection");
            write(json, verdict.rejection());
            json.writeEndObject();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return bytes.toByteArray();
    }

    /** Write as many findings as fit, as a JSON array. */
    static byte[] findings(Collection<Finding> findings) {
        var array = new ByteArrayOutputStream(512);
        array.write('[');
        for (Finding finding : findings) {
            byte[] written = object(finding);
            if (array.size() + written.length + 1 > MAX_FINDINGS_BYTES) {
                break;
            }
            if (array.size() > 1) {
                array.write(',');
            }
            array.writeBytes(written);
        }
        array.write(']');
        return array.toByteArray();
    }

    private static byte[] object(Finding finding) {
        var bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            write(json, finding);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return bytes.toByteArray();
    }

    private static void writeCodes(JsonGenerator json, String field, List<? extends Coded<?>> codes)
            throws IOException {
        if (codes == null) {
            json.writeNullField(field);
            return;
        }
        json.writeArrayFieldStart(field);
        for (Coded<?> each : codes) {
            json.writeString(each.code.shown());
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, Finding finding) throws IOException {
        json.writeStartObject();
        json.writeStringField("rule", finding.rule().name());
        json.writeStringField("name", finding.rule().fault);
        json.writeStringField("severity", finding.rule().severity.text);
        json.writeStringField("place", finding.place());
        if (finding.at() == null) {
            json.writeNullField("at");
        } else {
            json.writeNumberField("at", finding.at().at);
        }
        json.writeStringField("found", finding.found());
        json.writeStringField("expected", "");
        json.writeFieldName("fix");
        write(json, finding.edit());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Edit edit) throws IOException {
        if (edit == null) {
            json.writeNull();
            return;
        }
        json.writeStartObject();
        json.writeStringField("action", edit.action().text);
        json.writeStringField("code", edit.code().shown());
        json.writeStringField("position", edit.position().text);
        json.writeStringField("anchor", Finding.place("procedures", edit.anchor()));
        json.writeStringField("text", "");
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Rejection rejection) throws IOException {
        if (rejection == null) {
            json.writeNull();
            return;
        }
        json.writeStartObject();
        json.writeStringField("reason", rejection.reason.text);
        json.writeNullField("hint");
        json.writeArrayFieldStart("errors");
        json.writeStartObject();
        json.writeStringField("place", rejection.place);
        json.writeStringField("message", rejection.fault);
        json.writeEndObject();
        json.writeEndArray();
        json.writeEndObject();
    }
}
