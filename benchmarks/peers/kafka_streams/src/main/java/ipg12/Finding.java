package ipg12;

/**
 * A rule broken at one place.
 *
 * @param at the code; null where the place is the list of diagnoses itself
 * @param edit the fix; null where there is none
 * @param order first by place, procedures before diagnoses, then by rule
 */
record Finding(Rule rule, String list, Coded<?> at, Edit edit, int order)
        implements Comparable<Finding> {
    private static final int MAX_CHARACTERS = 16;

    /** The list of diagnoses itself: after every procedure, before every diagnosis. */
    private static final int DIAGNOSIS_LIST = 200;

    static Finding ofProcedure(Rule rule, Coded<Codes.Procedure> procedure, Edit edit) {
        return new Finding(rule, "procedures", procedure, edit, order(procedure.index, rule));
    }

    static Finding ofDiagnosis(Rule rule, Coded<Codes.Diagnosis> diagnosis) {
        int place = DIAGNOSIS_LIST + 1 + diagnosis.index;
        return new Finding(rule, "diagnoses", diagnosis, null, order(place, rule));
    }

    static Finding ofDiagnoses(Rule rule) {
        return new Finding(rule, "diagnoses", null, null, order(DIAGNOSIS_LIST, rule));
    }

    String place() {
        return at == null ? list : place(list, at);
    }

    /** The code as submitted, no longer than a code is; null where the place is the list. */
    String found() {
        if (at == null || at.submitted.length() <= MAX_CHARACTERS) {
            return at == null ? null : at.submitted;
        }
        int characters = at.submitted.codePointCount(0, at.submitted.length());
        int end = at.submitted.offsetByCodePoints(0, Math.min(characters, MAX_CHARACTERS));
        return at.submitted.substring(0, end);
    }

    boolean isError() {
        return rule.severity == Rule.Severity.ERROR;
    }

    static String place(String list, Coded<?> at) {
        return list + "[" + at.index + "].code";
    }

    private static int order(int place, Rule rule) {
        return place * Rule.COUNT + rule.ordinal();
    }

    @Override
    public int compareTo(Finding other) {
        return Integer.compare(order, other.order);
    }
}
