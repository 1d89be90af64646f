package ipg12;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The verdict on a record.
 *
 * @param episode null where the record could not be read
 * @param rejection null where it could
 */
record Verdict(
        Outcome outcome, Episode episode, Collection<Finding> findings, Rejection rejection) {
    static Verdict outOfScope(Episode episode) {
        return new Verdict(Outcome.OUT_OF_SCOPE, episode, List.of(), null);
    }

    static Verdict rejected(Rejection rejection) {
        return new Verdict(Outcome.DEAD_LETTER, null, List.of(), rejection);
    }

    static Verdict of(Episode episode, Collection<Finding> findings) {
        boolean broken =
                findings.stream().anyMatch(each -> each.rule().severity == Rule.Severity.ERROR);
        Outcome outcome = broken ? Outcome.NON_COMPLIANT : Outcome.COMPLIANT;
        return new Verdict(outcome, episode, findings, null);
    }

    /** The codes of the rules broken, in the order of the findings, each once. */
    String rules(String separator) {
        Set<String> codes =
                findings.stream()
                        .map(each -> each.rule().name())
                        .collect(Collectors.toCollection(LinkedHashSet::new));
        return String.join(separator, codes);
    }
}
