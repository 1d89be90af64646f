package ipg12;

import java.util.Comparator;

/**
 * A rule broken at one place.
 *
 * @param index of the code in its list; -1 where the place is the list itself
 * @param found the code as submitted; null where the place is the list itself
 */
record Finding(Rule rule, List list, int index, String found) implements Comparable<Finding> {
    enum List {
        PROCEDURES("procedures"),
        DIAGNOSES("diagnoses");

        private final String field;

        List(String field) {
            this.field = field;
        }
    }

    private static final Comparator<Finding> BY_PLACE_THEN_RULE =
            Comparator.comparing(Finding::list)
                    .thenComparingInt(Finding::index)
                    .thenComparing(Finding::rule);

    static Finding at(Rule rule, Sequence.Procedure procedure) {
        return new Finding(rule, List.PROCEDURES, procedure.index(), procedure.submitted());
    }

    static Finding at(Rule rule, Sequence.Diagnosis diagnosis) {
        return new Finding(rule, List.DIAGNOSES, diagnosis.index(), diagnosis.submitted());
    }

    static Finding atDiagnosisList(Rule rule) {
        return new Finding(rule, List.DIAGNOSES, -1, null);
    }

    String place() {
        return index < 0 ? list.field : list.field + "[" + index + "].code";
    }

    @Override
    public int compareTo(Finding other) {
        return BY_PLACE_THEN_RULE.compare(this, other);
    }
}
