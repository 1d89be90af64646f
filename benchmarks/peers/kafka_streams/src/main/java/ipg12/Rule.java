package ipg12;

/** The rules of rule set 2, in the order of their codes. */
enum Rule {
    DX01("diagnosis-missing", Severity.ERROR),
    DX02("external-cause-primary", Severity.ERROR),
    DX03("asterisk-code-primary", Severity.ERROR),
    DX04("diagnosis-malformed", Severity.ERROR),
    DX05("fifth-character-missing", Severity.WARNING),
    DX06("indication-not-coded", Severity.INFORMATION),
    DX07("diagnosis-site-disagrees", Severity.WARNING),
    DX08("osteoporosis-split", Severity.WARNING),
    DX09("external-cause-missing", Severity.WARNING),
    IC01("image-control-missing", Severity.ERROR),
    IC02("image-control-after-site", Severity.ERROR),
    IC03("image-control-contradictory", Severity.WARNING),
    IC04("image-control-shared", Severity.WARNING),
    LV01("levels-missing", Severity.ERROR),
    LV02("levels-not-second", Severity.ERROR),
    LV03("levels-repeated", Severity.ERROR),
    LV04("levels-without-spinal-procedure", Severity.WARNING),
    LV05("levels-fewer-than-sites", Severity.ERROR),
    PX01("both-vertebroplasty-codes", Severity.WARNING),
    PX02("supplementary-code-first", Severity.ERROR),
    PX03("fourth-character-missing", Severity.ERROR),
    PX04("code-does-not-exist", Severity.ERROR),
    PX05("unspecified-code", Severity.INFORMATION),
    PX06("procedure-malformed", Severity.ERROR),
    PX07("vertebroplasty-repeated", Severity.WARNING),
    ST01("site-missing", Severity.ERROR),
    ST02("site-not-spinal", Severity.ERROR),
    ST03("site-not-a-vertebra", Severity.WARNING),
    ST04("method-after-site", Severity.WARNING);

    static final int COUNT = values().length;

    enum Severity {
        ERROR("error"),
        WARNING("warning"),
        INFORMATION("information");

        final String text;

        Severity(String text) {
            this.text = text;
        }
    }

    /** The fault in lower case with hyphens. */
    final String fault;
    final Severity severity;

    Rule(String fault, Severity severity) {
        this.fault = fault;
        this.severity = severity;
    }
}
