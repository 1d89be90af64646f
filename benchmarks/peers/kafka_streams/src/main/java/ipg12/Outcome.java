package ipg12;

/** The outcome of a record; each record has exactly one. */
enum Outcome {
    COMPLIANT("compliant"),
    NON_COMPLIANT("non-compliant"),
    OUT_OF_SCOPE("out-of-scope"),
    DEAD_LETTER("dead-letter"),
    WITHDRAWN("withdrawn");

    final String text;

    Outcome(String text) {
        this.text = text;
    }

    boolean refused() {
        return this == NON_COMPLIANT || this == DEAD_LETTER;
    }
}
