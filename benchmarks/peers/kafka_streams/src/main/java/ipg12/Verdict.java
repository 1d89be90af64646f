package ipg12;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The verdict on a record.
 *
 * @param episode null where the record could not be read
 * @param proposed the procedures with every fix applied; null where there is none
 * @param remainingErrors findings of severity error without a fix
 * @param rejection null where the record could be read
 */
record Verdict(
        Outcome outcome,
        Episode episode,
        List<Finding> findings,
        List<String> proposed,
        int remainingErrors,
        Rejection rejection) {
    static Verdict without(Outcome outcome, Episode episode) {
        return new Verdict(outcome, episode, List.of(), null, 0, null);
    }

    static Verdict rejected(Rejection rejection) {
        return new Verdict(Outcome.DEAD_LETTER, null, List.of(), null, 0, rejection);
    }

    static Verdict of(Episode episode, List<Finding> findings) {
        int errors = 0;
        int remaining = 0;
        List<Edit> edits = new ArrayList<>();
        for (Finding finding : findings) {
            if (finding.edit() != null) {
                edits.add(finding.edit());
            }
            if (finding.isError()) {
                errors++;
                remaining += finding.edit() == null ? 1 : 0;
            }
        }
        return new Verdict(
                errors > 0 ? Outcome.NON_COMPLIANT : Outcome.COMPLIANT,
                episode,
                findings,
                edits.isEmpty() ? null : Edit.applied(episode.procedures(), edits),
                remaining,
                null);
    }

    /** The codes of the rules broken, in the order of the findings, each once. */
    String rules(String separator) {
        Set<String> codes = new LinkedHashSet<>();
        for (Finding finding : findings) {
            codes.add(finding.rule().name());
        }
        return String.join(separator, codes);
    }
}
