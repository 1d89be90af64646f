package ipg12;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Clinical codes: how they are normalised and recognised (RULES.md, "Reading an episode"). */
final class Codes {
    /** OPCS-4 and ICD-10 together have about 25,000 codes; what lies beyond is not remembered. */
    private static final int KNOWN_CODES = 32_768;

    private static final Pattern OPCS4 = Pattern.compile("[A-Z][0-9]{2}[0-9]?");
    private static final Pattern ICD10 =
            Pattern.compile("(?<body>[A-Z][0-9]{2}(?:[0-9X][0-9-]?)?)(?<mark>[DA]?)");
    private static final Set<String> SITES_IN_CHAPTER_O =
            listed("O11 O12 O13 O14 O16 O28 O30 O31 O33 O34 O36 O43 O45");
    private static final Set<String> SPINAL_SITE_CATEGORIES = listed("Z66 Z67 Z99");
    private static final Set<String> SPINAL_SITE_SACRUM = listed("Z75 Z751 Z752 Z757");

    private static final Map<String, Procedure> PROCEDURES = new ConcurrentHashMap<>();
    private static final Map<String, Diagnosis> DIAGNOSES = new ConcurrentHashMap<>();

    private Codes() {}

    /**
     * An OPCS-4 code as the rules see it.
     *
     * @param text normalised; a local fifth character after V44.4 or V44.6 is left out
     * @param category the first three characters; empty where the code is malformed
     * @param fourth the fourth character; empty where there is none
     */
    record Procedure(
            String text,
            String category,
            String fourth,
            boolean malformed,
            boolean main,
            boolean spinal,
            boolean vertebroplasty,
            boolean levels,
            boolean imageControl,
            boolean spinalSite,
            boolean otherSite) {
        private static Procedure read(String submitted) {
            String text = normalise(submitted);
            boolean malformed = !OPCS4.matcher(text).matches();
            boolean local = malformed && (text.startsWith("V444") || text.startsWith("V446"));
            if (local) {
                text = text.substring(0, 4);
            }
            String category = malformed && !local ? "" : text.substring(0, 3);
            String fourth = category.isEmpty() ? "" : text.substring(3);
            boolean levels = category.equals("V55");
            boolean chapterO = SITES_IN_CHAPTER_O.contains(category);
            boolean chapterZ = category.startsWith("Z");
            boolean spinalSite =
                    SPINAL_SITE_CATEGORIES.contains(category) || SPINAL_SITE_SACRUM.contains(text);
            return new Procedure(
                    text,
                    category,
                    fourth,
                    malformed,
                    !(levels || category.startsWith("Y") || chapterZ || chapterO),
                    isSpinal(category),
                    category.equals("V44") && Set.of("", "4", "6").contains(fourth),
                    levels,
                    category.equals("Y53") || category.equals("Y68"),
                    spinalSite,
                    !spinalSite && (chapterZ && !category.equals("Z94") || chapterO));
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
     * @param text normalised, without the mark
     * @param asterisk marked as a manifestation by a final A
     */
    record Diagnosis(String text, boolean asterisk, boolean malformed) {
        private static Diagnosis read(String submitted) {
            String text = normalise(submitted);
            Matcher matcher = ICD10.matcher(text);
            return matcher.matches()
                    ? new Diagnosis(matcher.group("body"), matcher.group("mark").equals("A"), false)
                    : new Diagnosis(text, false, true);
        }

        String category() {
            return text.substring(0, 3);
        }

        boolean hasDigitAt(int index) {
            return index < text.length() && Character.isDigit(text.charAt(index));
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

    /** Text outside ASCII keeps its letters: upper case would make an S of a long s. */
    private static String normalise(String code) {
        int start = 0;
        int end = code.length();
        while (start < end && isBlank(code.charAt(start))) {
            start++;
        }
        while (end > start && isBlank(code.charAt(end - 1))) {
            end--;
        }
        String bare = code.substring(start, end).replace(".", "");
        return bare.chars().allMatch(each -> each < 0x80) ? bare.toUpperCase(Locale.ROOT) : bare;
    }

    /** What Python's strip takes away; Java's own knows neither no-break spaces nor NEL. */
    private static boolean isBlank(char each) {
        return Character.isWhitespace(each) || Character.isSpaceChar(each) || each == '\u0085';
    }
}
