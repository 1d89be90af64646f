package ipg12;

import ipg12.Sequence.Diagnosis;
import ipg12.Sequence.Group;
import ipg12.Sequence.Procedure;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The rules of RULES.md: rule, severity, place, and what was found there.
 *
 * <p>What would pass, the fixes and the proposed sequence are left out.
 */
final class Rules {
    private static final Set<String> ASTERISK_CATEGORIES =
            Codes.listed(
                    """
                    D63 D77 E35 E90 F00 F02 G01 G02 G05 G07 G13 G22 G26 G32 G46 G53 G55 G59 G63 G73
                    G94 G99 H03 H06 H13 H19 H22 H28 H32 H36 H42 H45 H48 H58 H62 H67 H75 H82 H94 I32
                    I39 I41 I43 I52 I68 I79 I98 J17 J91 J99 K23 K67 K77 K87 K93 L14 L45 L54 L62 L86
                    L99 M01 M03 M07 M09 M14 M36 M49 M63 M68 M73 M82 M90 N08 N16 N22 N29 N33 N37 N51
                    N74 N77 P75""");
    private static final Set<String> FIVE_CHARACTERS = Codes.listed("M80 M84 M48 M49 S12 S22 S32");
    private static final Set<String> INDICATIONS =
            Codes.listed(
                    "M80 M81 M82 M84 M88 M90 C90 S12 T08 M485 M495 C412 C795 D166 D180 D480"
                            + " S220 S221 S320 S321 S327");
    private static final Set<String> DIVIDED = Codes.listed("V44 V55 Y53 Y68 Z66 Z67 Z99");
    private static final Map<String, String> FOURTH_CHARACTERS =
            Map.of("V44", "12345689", "V55", "12389", "Y53", "123456789");
    private static final Set<String> UNSPECIFIED = Codes.listed("V559 Y539 Y689 Z669");
    private static final Set<String> BESIDE_A_VERTEBRA = Codes.listed("Z67 Z99");

    private final Sequence sequence;

    /** A set, for a rule speaks once of a place, even where two groups break it there. */
    private final SortedSet<Finding> findings = new TreeSet<>();

    private Rules(Sequence sequence) {
        this.sequence = sequence;
    }

    /** Check an episode that is in scope; the findings stand in the order of a verdict. */
    static SortedSet<Finding> check(Episode episode) {
        var rules = new Rules(new Sequence(episode));
        rules.checkLevels();
        rules.checkImageControl();
        rules.checkSites();
        rules.checkProcedures();
        rules.checkDiagnoses();
        return rules.findings;
    }

    private void checkLevels() {
        for (Group group : sequence.spinalGroups) {
            if (group.levels.isEmpty()) {
                add(Rule.LV01, group.main);
            } else if (group.levels.get(0) != group.supplementary.get(0)) {
                add(Rule.LV02, group.levels.get(0));
            }
            group.levels.stream().skip(1).forEach(each -> add(Rule.LV03, each));
        }
        sequence.unattached.stream()
                .skip(1)
                .filter(each -> each.code().levels())
                .forEach(each -> add(Rule.LV04, each));
        for (Group group : sequence.groups) {
            if (!group.main.code().spinal()) {
                group.levels.forEach(each -> add(Rule.LV04, each));
            }
        }
        for (Group group : sequence.vertebroplasties) {
            if (group.levels.size() == 1
                    && group.levels.get(0).code().text().equals("V551")
                    && vertebrae(group) > 1) {
                add(Rule.LV05, group.levels.get(0));
            }
        }
    }

    private static long vertebrae(Group group) {
        return group.supplementary.stream()
                .map(Procedure::code)
                .filter(code -> code.category().equals("Z66"))
                .map(Codes.Procedure::text)
                .distinct()
                .count();
    }

    private void checkImageControl() {
        for (Group group : sequence.vertebroplasties) {
            if (group.imageControl.isEmpty()) {
                add(Rule.IC01, group.main);
                continue;
            }
            Procedure first = group.imageControl.get(0);
            if (group.firstSite != null && first.index() > group.firstSite.index()) {
                add(Rule.IC02, first);
            }
            Set<String> methods =
                    group.imageControl.stream()
                            .map(each -> each.code().text())
                            .collect(Collectors.toSet());
            if (methods.size() > 1) {
                group.imageControl.stream()
                        .filter(each -> each.code().fourth().equals("9"))
                        .forEach(each -> add(Rule.IC03, each));
            }
        }
    }

    private void checkSites() {
        List<Procedure> read = List.of();
        for (Group group : sequence.vertebroplasties) {
            List<Procedure> sites = group.servingSpinalSites;
            if (sites.isEmpty()) {
                if (group.servingOtherSite == null) {
                    add(Rule.ST01, group.main);
                } else {
                    add(Rule.ST02, group.servingOtherSite);
                }
            } else if (sites != read) {
                read = sites;
                if (sites.stream().allMatch(each -> in(BESIDE_A_VERTEBRA, each))) {
                    add(Rule.ST03, sites.get(0));
                }
            }
        }
    }

    private static boolean in(Set<String> categories, Procedure item) {
        return categories.contains(item.code().category());
    }

    private void checkProcedures() {
        sequence.operations.forEach(this::checkExclusive);
        sequence.unattached.stream().limit(1).forEach(first -> add(Rule.PX02, first));
        for (Procedure item : sequence.procedures) {
            String category = item.code().category();
            String fourth = item.code().fourth();
            if (fourth.isEmpty()) {
                if (DIVIDED.contains(category)) {
                    add(Rule.PX03, item);
                }
            } else if (!FOURTH_CHARACTERS.getOrDefault(category, fourth).contains(fourth)) {
                add(Rule.PX04, item);
            }
            if (item.code().malformed()) {
                add(Rule.PX06, item);
            }
        }
        for (Group group : sequence.vertebroplasties) {
            group.supplementary.stream()
                    .filter(each -> UNSPECIFIED.contains(each.code().text()))
                    .forEach(each -> add(Rule.PX05, each));
        }
    }

    private void checkExclusive(List<Group> operation) {
        Procedure first = null;
        for (Group group : operation) {
            String text = group.main.code().text();
            if (!text.equals("V444") && !text.equals("V446")) {
                continue;
            }
            if (first == null) {
                first = group.main;
            } else if (!first.code().text().equals(text)) {
                add(Rule.PX01, group.main);
                return;
            }
        }
    }

    private void checkDiagnoses() {
        if (sequence.diagnoses.isEmpty()) {
            findings.add(Finding.atDiagnosisList(Rule.DX01));
            return;
        }
        Diagnosis primary = sequence.primaryDiagnosis();
        if (primary != null) {
            String category = primary.code().category();
            if ("VWXY".indexOf(category.charAt(0)) >= 0) {
                add(Rule.DX02, primary);
            }
            if (primary.code().asterisk() || ASTERISK_CATEGORIES.contains(category)) {
                add(Rule.DX03, primary);
            }
        }
        for (Diagnosis diagnosis : sequence.diagnoses) {
            if (diagnosis.code().malformed()) {
                add(Rule.DX04, diagnosis);
            } else if (isShort(diagnosis.code())) {
                add(Rule.DX05, diagnosis);
            }
        }
        if (sequence.readableDiagnoses.stream().noneMatch(Rules::isIndication)) {
            findings.add(Finding.atDiagnosisList(Rule.DX06));
        }
    }

    private static boolean isShort(Codes.Diagnosis code) {
        if (FIVE_CHARACTERS.contains(code.category())) {
            return code.hasDigitAt(3) && !code.hasDigitAt(4);
        }
        return code.category().equals("T08") && !code.hasDigitAt(3);
    }

    private static boolean isIndication(Diagnosis diagnosis) {
        String text = diagnosis.code().text();
        return INDICATIONS.contains(diagnosis.code().category())
                || text.length() > 3 && INDICATIONS.contains(text.substring(0, 4));
    }

    private void add(Rule rule, Procedure at) {
        findings.add(Finding.at(rule, at));
    }

    private void add(Rule rule, Diagnosis at) {
        findings.add(Finding.at(rule, at));
    }
}
