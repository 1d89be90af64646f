package ipg12;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import ipg12.Rejection.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * From the bytes of a record to an episode, in one pass that steps over all unknown fields.
 *
 * <p>A fault is placed by its field; which entry of a list it is in is left out.
 */
final class EpisodeReader {
    static final int MAX_RECORD_BYTES = 1_048_576;

    private static final int MAX_CODES = 200;
    private static final int MAX_CODE_CHARACTERS = 16;
    private static final int MAX_ID_CHARACTERS = 64;
    private static final Pattern PROVIDER_CODE = Pattern.compile("[A-Za-z0-9]{3,12}");
    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]+(\\.0*)?");
    private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNumberLength(MAX_RECORD_BYTES)
                                    .maxNameLength(MAX_RECORD_BYTES)
                                    .build())
                    .build();

    private final JsonParser parser;
    private String episodeId;
    private String providerCode;
    private List<String> procedures;
    private List<String> diagnoses;

    private EpisodeReader(JsonParser parser) {
        this.parser = parser;
    }

    static Episode read(byte[] value) throws Rejection {
        if (value == null) {
            throw new Rejection(Reason.NULL_VALUE, "value", "is null");
        }
        if (value.length > MAX_RECORD_BYTES) {
            throw new Rejection(Reason.TOO_LARGE, "value", "has more bytes than are read");
        }
        // Jackson would skip a byte order mark and read UTF-16 and UTF-32 as well.
        if (value.length > 1 && (value[0] <= 0 || value[1] == 0)) {
            throw new Rejection(Reason.NOT_JSON, "line 1 column 1", "is not JSON in UTF-8");
        }
        try (JsonParser parser = JSON.createParser(value)) {
            return new EpisodeReader(parser).readEpisode();
        } catch (JsonProcessingException error) {
            var at = error.getLocation();
            String place = "line " + at.getLineNr() + " column " + at.getColumnNr();
            throw new Rejection(Reason.NOT_JSON, place, "is not JSON");
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private Episode readEpisode() throws IOException, Rejection {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw parser.currentToken() == null
                    ? new Rejection(Reason.NOT_JSON, "value", "is empty")
                    : fault("value", "should be an object");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken token = parser.nextToken();
            switch (field) {
                case "episode_id" -> episodeId = once(field, episodeId, readEpisodeId());
                case "provider_code" ->
                        providerCode = once(field, providerCode, readProviderCode());
                case "procedures" -> procedures = once(field, procedures, readCodes(field));
                case "diagnoses" -> diagnoses = once(field, diagnoses, readCodes(field));
                case "spell_id" -> {
                    if (token != JsonToken.VALUE_NULL) {
                        readText(field, MAX_ID_CHARACTERS);
                    }
                }
                case "episode_number" -> checkWholeNumber(field);
                case "start_date", "end_date" -> checkDate(field);
                default -> parser.skipChildren();
            }
        }
        if (parser.nextToken() != null) {
            throw new Rejection(Reason.NOT_JSON, "value", "goes on after its end");
        }
        return new Episode(
                required("episode_id", episodeId),
                required("provider_code", providerCode),
                required("procedures", procedures),
                required("diagnoses", diagnoses));
    }

    private String readEpisodeId() throws IOException, Rejection {
        String text = readText("episode_id", MAX_ID_CHARACTERS);
        if (text.isEmpty()) {
            throw fault("episode_id", "should not be empty");
        }
        return text;
    }

    private String readProviderCode() throws IOException, Rejection {
        String text = readText("provider_code", Integer.MAX_VALUE);
        if (!PROVIDER_CODE.matcher(text).matches()) {
            throw fault("provider_code", "should be 3 to 12 letters and digits");
        }
        return text.toUpperCase(Locale.ROOT);
    }

    private List<String> readCodes(String field) throws IOException, Rejection {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw fault(field, "should be a list");
        }
        List<String> codes = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            codes.add(
                    parser.currentToken() == JsonToken.START_OBJECT
                            ? readDatedCode(field)
                            : readText(field, MAX_CODE_CHARACTERS));
            if (codes.size() > MAX_CODES) {
                throw fault(field, "should have at most " + MAX_CODES + " entries");
            }
        }
        return codes;
    }

    private String readDatedCode(String list) throws IOException, Rejection {
        String code = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "code" ->
                        code = once(list, code, readText(list, MAX_CODE_CHARACTERS));
                case "date" -> checkDate(list);
                default -> parser.skipChildren();
            }
        }
        return required(list, code);
    }

    private String readText(String place, int maxCharacters) throws IOException, Rejection {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw fault(place, "should be text");
        }
        String text = parser.getText();
        if (text.length() > maxCharacters
                && text.codePointCount(0, text.length()) > maxCharacters) {
            throw fault(place, "should have at most " + maxCharacters + " characters");
        }
        return text;
    }

    private void checkWholeNumber(String place) throws IOException, Rejection {
        boolean whole =
                switch (parser.currentToken()) {
                    case VALUE_NULL, VALUE_TRUE, VALUE_FALSE -> true;
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_STRING ->
                            WHOLE_NUMBER.matcher(parser.getText().strip()).matches();
                    default -> false;
                };
        if (!whole) {
            throw fault(place, "should be a whole number, at least 0");
        }
    }

    private void checkDate(String place) throws IOException, Rejection {
        if (parser.currentToken() != JsonToken.VALUE_NULL
                && !(parser.currentToken() == JsonToken.VALUE_STRING && isDate(parser.getText()))) {
            throw fault(place, "should be a date such as 2026-01-31");
        }
    }

    private static boolean isDate(String text) {
        if (!DATE.matcher(text).matches()) {
            return false;
        }
        int year = Integer.parseInt(text, 0, 4, 10);
        int month = Integer.parseInt(text, 5, 7, 10);
        int day = Integer.parseInt(text, 8, 10, 10);
        return year > 0
                && month > 0
                && month <= 12
                && day > 0
                && day <= YearMonth.of(year, month).lengthOfMonth();
    }

    private static <T> T once(String place, T before, T now) throws Rejection {
        if (before != null) {
            throw fault(place, "is given more than once");
        }
        return now;
    }

    private static <T> T required(String place, T found) throws Rejection {
        if (found == null) {
            throw fault(place, "is required");
        }
        return found;
    }

    private static Rejection fault(String place, String fault) {
        return new Rejection(Reason.NOT_AN_EPISODE, place, fault);
    }
}
