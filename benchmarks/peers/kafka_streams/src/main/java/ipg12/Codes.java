package ipg12;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Clinical codes: how they are normalised and recognised. */
final class Codes {
    /** OPCS-4 and ICD-10 together have about 25,000 codes; what lies beyond is not remembered. */
    private static final int KNOWN_CODES = 32_768;

    private static final int OPCS4_CHARACTERS = 4;

    private static final Pattern OPCS4 = Pattern.compile("[A-Z][0-9]{2}[0-9]?");
    private static final Pattern ICD10 =
            Pattern.compile("(?<body>[A-Z][0-9]{2}(?:[0-9X][0-9-]?)?)(?<mark>[DA]?)");
    private static final Pattern VERTEBROPLASTY = Pattern.compile("V44[46]");
    private static final Set<String> DEFAULT_CODES = listed("X998 X999");
    private static final Set<String> METHODS_IN_CHAPTER_O = listed("O44 O48");
    private static final Set<String> SITES_IN_CHAPTER_O =
            listed(
                    "O11 O12 O13 O14 O16 O28 O30 O31 O33 O34 O36 O42 O43 O45 O46 O47 O50 O52"
                            + " O53");
    private static final Set<String> SPINAL_SITE_CATEGORIES = listed("Z66 Z67 Z99");
    private static final Set<String> SPINAL_SITE_SACRUM = listed("Z75 Z751 Z752 Z757");
    private static final Map<String, String> FOURTH_CHARACTERS =
            Map.of("V44", "12345689", "V55", "12389", "Y53", "123456789", "Z66", "1234589");

    private static final Map<String, Procedure> PROCEDURES = new ConcurrentHashMap<>();
    private static final Map<String, Diagnosis> DIAGNOSES = new ConcurrentHashMap<>();

    private Codes() {}

    /** A code of either classification. */
    interface Code {
        /** With its dot; as submitted where it is malformed. */
        String shown();

        /** An unused place of a fixed-width extract, no code. */
        boolean empty();

        boolean malformed();
    }

    /**
     * An OPCS-4 code as the rules see it: a malformed one is read by its beginning.
     *
     * @param text normalised, as it is read; empty where it is unreadable
     * @param category the first three characters; empty where it is unreadable
     * @param fourth the fourth character; empty where there is none
     * @param mayHoldMore so long that another code may be in it, unread
     * @param surplusCharacter one character too many after a code that exists
     * @param nonexistent well formed, with a fourth character that its category does not have
     * @param site of chapter Z or its overflow, laterality included
     */
    record Procedure(
            String shown,
            String text,
            String category,
            String fourth,
            boolean empty,
            boolean malformed,
            boolean mayHoldMore,
            boolean surplusCharacter,
            boolean nonexistent,
            boolean main,
            boolean spinal,
            boolean vertebroplasty,
            boolean levels,
            boolean imageControl,
            boolean method,
            boolean site,
            boolean spinalSite,
            boolean otherSite)
            implements Code {
        private static Procedure read(String submitted) {
            String normalised = normalise(submitted);
            boolean empty = isFiller(normalised) || DEFAULT_CODES.contains(normalised);
            boolean malformed = !empty && !OPCS4.matcher(normalised).matches();
            String text = empty ? "" : malformed ? beginning(normalised) : normalised;
            String category = text.isEmpty() ? "" : text.substring(0, 3);
            String fourth = text.isEmpty() ? "" : text.substring(3);
            int characters = normalised.codePointCount(0, normalised.length());
            boolean levels = category.equals("V55");
            boolean method = category.startsWith("Y") || METHODS_IN_CHAPTER_O.contains(category);
            boolean site = category.startsWith("Z") || SITES_IN_CHAPTER_O.contains(category);
            boolean spinalSite =
                    SPINAL_SITE_CATEGORIES.contains(category) || SPINAL_SITE_SACRUM.contains(text);
            return new Procedure(
                    malformed ? strip(submitted) : dotted(text),
                    text,
                    category,
                    fourth,
                    empty,
                    malformed,
                    malformed && !text.isEmpty() && characters > OPCS4_CHARACTERS + 1,
                    malformed
                            && characters == OPCS4_CHARACTERS + 1
                            && text.length() == OPCS4_CHARACTERS
                            && normalised.startsWith(text)
                            && !DEFAULT_CODES.contains(text)
                            && !isNonexistent(category, fourth),
                    !malformed && isNonexistent(category, fourth),
                    !text.isEmpty() && !levels && !method && !site,
                    isSpinal(category),
                    category.equals("V44") && Set.of("", "4", "6").contains(fourth),
                    levels,
                    category.equals("Y53") || category.equals("Y68"),
                    method,
                    site,
                    spinalSite,
                    site && !spinalSite && !category.equals("Z94"));
        }

        /** May stand for any code. */
        boolean unreadable() {
            return text.isEmpty() && !empty;
        }

        boolean unspecified() {
            return fourth.equals("9");
        }

        /** The code that a malformed text begins with, or a vertebroplasty within it. */
        private static String beginning(String text) {
            Matcher beginning = OPCS4.matcher(text);
            if (beginning.lookingAt()) {
                return beginning.group();
            }
            var alphanumeric = new StringBuilder(text.length());
            text.codePoints().filter(Codes::isAlphanumeric).forEach(alphanumeric::appendCodePoint);
            Matcher within = VERTEBROPLASTY.matcher(alphanumeric);
            return within.find() ? within.group() : "";
        }

        private static boolean isNonexistent(String category, String fourth) {
            return !FOURTH_CHARACTERS.getOrDefault(category, fourth).contains(fourth);
        }

        private static boolean isSpinal(String category) {
            if (!category.startsWith("V")) {
                return false;
            }
            int number = Integer.parseInt(category.substring(1));
            return number >= 22 && number <= 52
                    || number == 54
                    || number >= 56 && number <= 63
                    || number >= 66 && number <= 70;
        }
    }

    /**
     * An ICD-10 code as the rules see it, separate from its dagger or asterisk mark.
     *
     * @param category the first three characters; empty where the code is malformed
     * @param subcategory the first four characters; three where there are no more
     * @param fourth the fourth character; a blank where there is none
     * @param fifth the fifth character; a blank where there is none
     * @param asterisk marked as a manifestation by a final A
     */
    record Diagnosis(
            String shown,
            String category,
            String subcategory,
            char fourth,
            char fifth,
            boolean asterisk,
            boolean empty,
            boolean malformed)
            implements Code {
        private static Diagnosis read(String submitted) {
            String text = normalise(submitted).replace('†', 'D').replace('*', 'A');
            Matcher matcher = ICD10.matcher(text);
            if (!matcher.matches()) {
                boolean empty = isFiller(text);
                return new Diagnosis(strip(submitted), "", "", ' ', ' ', false, empty, !empty);
            }
            String body = matcher.group("body");
            String mark = matcher.group("mark");
            return new Diagnosis(
                    dotted(body) + mark,
                    body.substring(0, 3),
                    body.substring(0, Math.min(body.length(), 4)),
                    body.length() > 3 ? body.charAt(3) : ' ',
                    body.length() > 4 ? body.charAt(4) : ' ',
                    mark.equals("A"),
                    false,
                    false);
        }

        /** In chapter XX; OPCS-4 chapters of the same letters are unrelated. */
        boolean externalCause() {
            return !malformed && category.charAt(0) >= 'V' && category.charAt(0) <= 'Y';
        }
    }

    static Procedure procedure(String submitted) {
        return remembered(PROCEDURES, submitted, Procedure::read);
    }

    static Diagnosis diagnosis(String submitted) {
        return remembered(DIAGNOSES, submitted, Diagnosis::read);
    }

    /** Read normalised codes or categories separated by whitespace. */
    static Set<String> listed(String codes) {
        return Set.of(codes.split("\\s+"));
    }

    /** A normalised, well-formed code with its dot. */
    static String dotted(String code) {
        return code.length() > 3 ? code.substring(0, 3) + "." + code.substring(3) : code;
    }

    private static <C> C remembered(Map<String, C> known, String code, Function<String, C> read) {
        C found = known.get(code);
        if (found == null) {
            found = read.apply(code);
            if (known.size() < KNOWN_CODES) {
                known.put(code, found);
            }
        }
        return found;
    }

    /**
     * Without blanks, dots and quotation marks around it, in upper case.
     *
     * <p>Text outside ASCII keeps its letters: upper case would make an S of a long s.
     */
    static String normalise(String code) {
        var bare = new StringBuilder(code.length());
        for (int at = 0; at < code.length(); at++) {
            char each = code.charAt(at);
            if (each != '.' && !isBlank(each)) {
                bare.append(each >= 'a' && each <= 'z' ? (char) (each - 'a' + 'A') : each);
            }
        }
        int start = 0;
        int end = bare.length();
        while (start < end && isQuotationMark(bare.charAt(start))) {
            start++;
        }
        while (end > start && isQuotationMark(bare.charAt(end - 1))) {
            end--;
        }
        return bare.substring(start, end);
    }

    /** What Python's strip leaves; Java's own knows neither no-break spaces nor NEL. */
    static String strip(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isBlank(text.charAt(start))) {
            start++;
        }
        while (end > start && isBlank(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean isFiller(String normalised) {
        return normalised.chars().allMatch(each -> each == '-' || each == '&');
    }

    private static boolean isQuotationMark(char each) {
        return each == '"' || each == '\'';
    }

    private static boolean isBlank(char each) {
        return Character.isWhitespace(each) || Character.isSpaceChar(each) || each == '\u0085';
    }

    /** What Python calls alphanumeric: fractions and Roman numerals too. */
    private static boolean isAlphanumeric(int each) {
        int type = Character.getType(each);
        return Character.isLetterOrDigit(each)
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }
}
