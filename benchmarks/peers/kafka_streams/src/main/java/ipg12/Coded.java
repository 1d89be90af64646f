package ipg12;

/** A code of an episode, and where it stands. */
final class Coded<C extends Codes.Code> {
    /** In the submitted list. */
    final int index;

    /** As submitted. */
    final String submitted;

    final C code;

    /** Year, month and day, as in 20260131; 0 without a date. */
    final int day;

    /** In reading order, without empty slots. */
    int at;

    Coded(int index, String submitted, C code, int day) {
        this.index = index;
        this.submitted = submitted;
        this.code = code;
        this.day = day;
    }
}
