package ipg12;

/**
 * Why a record is no episode: the first fault, where the Python worker names up to twenty and may
 * add a hint.
 */
final class Rejection extends Exception {
    private static final long serialVersionUID = 1L;

    enum Reason {
        NULL_VALUE("null-value"),
        TOO_LARGE("too-large"),
        NOT_JSON("not-json"),
        NOT_AN_EPISODE("not-an-episode");

        final String text;

        Reason(String text) {
            this.text = text;
        }
    }

    final Reason reason;
    final String place;
    final String fault;

    /** Without a stack trace: bad records are ordinary, and a trace costs more than they do. */
    Rejection(Reason reason, String place, String fault) {
        super(reason.text, null, false, false);
        this.reason = reason;
        this.place = place;
        this.fault = fault;
    }
}
