package ipg12;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import ipg12.Rejection.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * From the bytes of a record to an episode, in one pass that steps over all unknown fields.
 *
 * <p>It reads native episodes alone: no envelopes and no other formats. A fault is placed by its
 * field; which entry of a list it is in is left out, and so are hints and remarks.
 */
final class EpisodeReader {
    static final int MAX_RECORD_BYTES = 1_048_576;

    private static final int MAX_CODES = 200;
    private static final int MAX_CODE_CHARACTERS = 16;
    private static final int MAX_ID_CHARACTERS = 64;

    /** More digits than any position has; a long holds so many. */
    private static final int MAX_POSITION_DIGITS = 18;

    private static final Pattern PROVIDER_CODE = Pattern.compile("[A-Za-z0-9]{3,12}");
    private static final Pattern POSITION = Pattern.compile("[0-9]{1," + MAX_POSITION_DIGITS + "}");
    private static final Pattern TIME =
            Pattern.compile(
                    "[T ]([01][0-9]|2[0-3])(:[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?)?"
                            + "(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?");
    private static final int DATE_CHARACTERS = "2026-01-31".length();
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
    private List<Coded<Codes.Procedure>> procedures;
    private List<Coded<Codes.Diagnosis>> diagnoses;
    private boolean withdrawn;

    private EpisodeReader(JsonParser parser) {
        this.parser = parser;
    }

    /** Read a value that is not null. */
    static Episode read(byte[] value) throws Rejection {
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

    /** Read the key of a record without a value: PROVIDER/EPISODE_ID withdraws an episode. */
    static Episode readKey(byte[] key) throws Rejection {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(key == null ? new byte[0] : key);
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            int slash = text.indexOf('/');
            if (slash >= 0) {
                return Episode.withdrawn(
                        episodeId(text.substring(slash + 1)),
                        providerCode(text.substring(0, slash)));
            }
        } catch (CharacterCodingException | Rejection error) {
            // Then the key names no episode, and is that of a null value.
        }
        throw new Rejection(Reason.NULL_VALUE, "value", "is null");
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
                        providerCode =
                                once(field, providerCode, providerCode(readText(field)));
                case "procedures" ->
                        procedures = once(field, procedures, readCodes(field, Codes::procedure));
                case "diagnoses" ->
                        diagnoses = once(field, diagnoses, readCodes(field, Codes::diagnosis));
                case "withdrawn" -> {
                    withdrawn = token == JsonToken.VALUE_TRUE;
                    parser.skipChildren();
                }
                default -> parser.skipChildren();
            }
        }
        if (parser.nextToken() != null) {
            throw new Rejection(Reason.NOT_JSON, "value", "goes on after its end");
        }
        required("episode_id", episodeId);
        required("provider_code", providerCode);
        return withdrawn
                ? Episode.withdrawn(episodeId, providerCode)
                : new Episode(
                        episodeId,
                        providerCode,
                        false,
                        procedures == null ? List.of() : procedures,
                        diagnoses == null ? List.of() : diagnoses);
    }

    private String readEpisodeId() throws IOException, Rejection {
        return episodeId(
                parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                        ? parser.getText()
                        : readText("episode_id"));
    }

    private static String episodeId(String submitted) throws Rejection {
        String text = Codes.strip(submitted);
        if (text.isEmpty() || text.codePointCount(0, text.length()) > MAX_ID_CHARACTERS) {
            throw fault("episode_id", "should have 1 to " + MAX_ID_CHARACTERS + " characters");
        }
        return text;
    }

    private static String providerCode(String submitted) throws Rejection {
        String text = Codes.strip(submitted);
        if (!PROVIDER_CODE.matcher(text).matches()) {
            throw fault("provider_code", "should be 3 to 12 letters and digits");
        }
        // The organisation itself, where the code is that of its first site.
        boolean firstSite = text.length() == "R0A00".length() && text.endsWith("00");
        return (firstSite ? text.substring(0, 3) : text).toUpperCase(Locale.ROOT);
    }

    /** Read a list of codes, or the one code or object that stands in its place. */
    private <C extends Codes.Code> List<Coded<C>> readCodes(String field, Function<String, C> read)
            throws IOException, Rejection {
        var entries = new Entries<C>(field, read);
        switch (parser.currentToken()) {
            case VALUE_NULL -> {}
            case START_ARRAY -> {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    readEntry(entries);
                }
            }
            case VALUE_STRING, START_OBJECT -> readEntry(entries);
            default -> throw fault(field, "should be a list");
        }
        return entries.inReadingOrder();
    }

    private void readEntry(Entries<?> entries) throws IOException, Rejection {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            entries.add(readCode(entries.field), 0, Entries.NO_POSITION);
            return;
        }
        String code = null;
        int day = 0;
        long position = Entries.NO_POSITION;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "code" -> code = once(entries.field, code, readCode(entries.field));
                case "date" -> day = readDay();
                case "position" -> position = readPosition();
                default -> parser.skipChildren();
            }
        }
        entries.add(required(entries.field, code), day, position);
    }

    /** Read a code as submitted: an empty text for null, and normalised where it is long. */
    private String readCode(String field) throws IOException, Rejection {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return "";
        }
        String text = readText(field);
        if (isLong(text)) {
            text = Codes.normalise(text);
            if (isLong(text)) {
                throw fault(field, "should have at most " + MAX_CODE_CHARACTERS + " characters");
            }
        }
        return text;
    }

    private static boolean isLong(String code) {
        return code.length() > MAX_CODE_CHARACTERS
                && code.codePointCount(0, code.length()) > MAX_CODE_CHARACTERS;
    }

    private String readText(String place) throws IOException, Rejection {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw fault(place, "should be text");
        }
        return parser.getText();
    }

    /** Read a whole number from 1, or its digits as text; 0 for what is none. */
    private long readPosition() throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_NULL -> Entries.NO_POSITION;
            case VALUE_NUMBER_INT, VALUE_STRING -> {
                String text = parser.getText();
                yield POSITION.matcher(text).matches() ? Long.parseLong(text) : 0;
            }
            default -> {
                parser.skipChildren();
                yield 0;
            }
        };
    }

    private int readDay() throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_NUMBER_INT) {
            return day(parser.getText());
        }
        parser.skipChildren();
        return 0;
    }

    /** Read 2026-01-31, 20260131, or the first with a time behind it, as 20260131; else 0. */
    private static int day(String text) {
        boolean compact = text.length() == "20260131".length();
        if (!compact
                && (text.length() < DATE_CHARACTERS
                        || text.charAt(4) != '-'
                        || text.charAt(7) != '-'
                        || text.length() > DATE_CHARACTERS
                                && !TIME.matcher(text).region(DATE_CHARACTERS, text.length())
                                        .matches())) {
            return 0;
        }
        int year = digits(text, 0, 4);
        int month = digits(text, compact ? 4 : 5, 2);
        int day = digits(text, compact ? 6 : 8, 2);
        boolean real =
                year > 0
                        && month > 0
                        && month <= 12
                        && day > 0
                        && day <= daysOf(year, month)
                        // What HES writes where there is no date.
                        && !((year == 1800 || year == 1801) && month == 1 && day == 1);
        return real ? (year * 100 + month) * 100 + day : 0;
    }

    private static int digits(String text, int start, int count) {
        int number = 0;
        for (int at = start; at < start + count; at++) {
            char each = text.charAt(at);
            if (each < '0' || each > '9') {
                return -1;
            }
            number = number * 10 + each - '0';
        }
        return number;
    }

    private static int daysOf(int year, int month) {
        return switch (month) {
            case 2 -> year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
            case 4, 6, 9, 11 -> 30;
            default -> 31;
        };
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

    /** The entries of a list as they are read. */
    private static final class Entries<C extends Codes.Code> {
        static final long NO_POSITION = -1;

        private final String field;
        private final Function<String, C> read;
        private final List<Coded<C>> codes = new ArrayList<>();
        private int count;

        /** One for each code, as soon as one has a position; null until then. */
        private List<Long> positions;

        private Entries(String field, Function<String, C> read) {
            this.field = field;
            this.read = read;
        }

        /** Add an entry; an empty slot counts for the index and no more. */
        private void add(String submitted, int day, long position) throws Rejection {
            int index = count++;
            if (count > MAX_CODES) {
                throw fault(field, "should have at most " + MAX_CODES + " entries");
            }
            C code = read.apply(submitted);
            if (code.empty()) {
                return;
            }
            var coded = new Coded<>(index, submitted, code, day);
            coded.at = codes.size();
            codes.add(coded);
            if (positions == null && position != NO_POSITION) {
                positions = new ArrayList<>(Collections.nCopies(coded.at, NO_POSITION));
            }
            if (positions != null) {
                positions.add(position);
            }
        }

        private List<Coded<C>> inReadingOrder() throws Rejection {
            if (positions == null) {
                return codes;
            }
            var byPosition = new TreeMap<Long, Coded<C>>();
            for (Coded<C> each : codes) {
                long position = positions.get(each.at);
                if (position < 1 || byPosition.put(position, each) != null) {
                    throw fault(field, "should have a position of its own in every entry");
                }
            }
            List<Coded<C>> ordered = new ArrayList<>(byPosition.values());
            for (int at = 0; at < ordered.size(); at++) {
                ordered.get(at).at = at;
            }
            return ordered;
        }
    }
}
