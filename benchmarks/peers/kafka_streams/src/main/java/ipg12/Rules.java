package ipg12;

import ipg12.Sequence.Group;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules of rule set 2: rule, severity, place, what was found there, and the fix.
 *
 * <p>The words of what would pass, and of the fixes, are left out.
 */
final class Rules {
    private static final Map<String, Integer> COUNTED_LEVELS = Map.of("V551", 1, "V552", 2);
    private static final Set<String> REGIONS = Codes.listed("Z661 Z662 Z663 Z664 Z665");
    private static final Set<String> BESIDE_A_VERTEBRA = Codes.listed("Z67 Z99");
    private static final Set<String> COVERED_ELSEWHERE = Codes.listed("Y20 Y53 Y68");
    private static final Set<String> MAY_BE_UNSPECIFIED = Codes.listed("V55 Y53 Y68");
    private static final Set<String> UNSPECIFIED = Codes.listed("V559 Y539 Y689 Z669");
    private static final Set<String> VERTEBROPLASTIES = Codes.listed("V444 V446");
    private static final Set<String> ASTERISK_CATEGORIES =
            Codes.listed(
                    """
                    D63 D77 E35 E90 F00 F02 G01 G02 G05 G07 G13 G22 G26 G32 G46 G53 G55 G59 G63 G73
                    G94 G99 H03 H06 H13 H19 H22 H28 H32 H36 H42 H45 H48 H58 H62 H67 H75 H82 H94 I32
                    I39 I41 I43 I52 I68 I79 I98 J17 J91 J99 K23 K67 K77 K87 K93 L14 L45 L54 L62 L86
                    L99 M01 M03 M07 M09 M14 M36 M49 M63 M68 M73 M82 M90 N08 N16 N22 N29 N33 N37 N51
                    N74 N77 P75""");
    private static final Set<String> FIVE_CHARACTERS =
            Codes.listed("M48 M49 M80 M84 S12 S22 S32 T08");
    private static final Set<String> INDICATIONS =
            Codes.listed(
                    "M80 M81 M82 M84 M88 M90 C90 S12 T08 M484 M485 M495 C412 C795 D166 D180 D480"
                            + " D760 S220 S221 S320 S321 S327 T911");
    private static final Set<String> BY_SITE = Codes.listed("M80 M84 M907");
    private static final Set<String> BY_REGION = Codes.listed("M484 M485 M495");
    private static final Set<String> INJURIES = Codes.listed("S12 S22 S32 T08");

    private final Sequence sequence;
    private final List<Finding> findings = new ArrayList<>();

    private Rules(Sequence sequence) {
        this.sequence = sequence;
    }

    /** Check an episode that is in scope; the findings stand in the order of a verdict. */
    static List<Finding> check(Episode episode) {
        var rules = new Rules(new Sequence(episode));
        rules.checkLevels();
        for (Group group : rules.sequence.vertebroplasties) {
            rules.checkImageControl(group);
            rules.checkSites(group);
            rules.checkUnspecified(group);
        }
        rules.checkOperations();
        rules.checkProcedures();
        rules.checkDiagnoses();
        return rules.inOrder();
    }

    /** A rule speaks once of a place, even where two groups break it there. */
    private List<Finding> inOrder() {
        if (findings.size() < 2) {
            return findings;
        }
        findings.sort(null);
        List<Finding> once = new ArrayList<>(findings.size());
        Finding before = null;
        for (Finding each : findings) {
            if (before == null || before.order() != each.order()) {
                once.add(each);
            }
            before = each;
        }
        return once;
    }

    private void checkLevels() {
        for (Group group : sequence.groups) {
            if (!group.main.code.spinal()) {
                group.levels.forEach(each -> add(Rule.LV04, each));
                continue;
            }
            if (!group.mayHaveLevels()) {
                add(Rule.LV01, group.main, Edit.insertAfter(group.main, "V55.9"));
            }
            Coded<Codes.Procedure> displaced = group.displacedLevels();
            if (displaced != null) {
                add(Rule.LV02, displaced, Edit.moveAfter(group.main, displaced));
            }
            for (int number = 1; number < group.levels.size(); number++) {
                add(Rule.LV03, group.levels.get(number));
            }
        }
    }

    private void checkImageControl(Group group) {
        if (!group.mayHaveImageControl()) {
            if (group.laterImageControl) {
                add(Rule.IC04, group.main);
            } else if (!group.unreadableFromHere) {
                add(Rule.IC01, group.main, Edit.insertAfter(anchor(group), "Y53.9"));
            }
        }
        if (group.firstSite != null) {
            checkOrder(group);
        }
        if (group.imageControl.size() > 1) {
            String first = group.imageControl.get(0).code.text();
            if (group.imageControl.stream().anyMatch(each -> !each.code.text().equals(first))) {
                for (Coded<Codes.Procedure> each : group.imageControl) {
                    if (each.code.unspecified()) {
                        add(Rule.IC03, each);
                    }
                }
            }
        }
    }

    /** After what image control is inserted, once LV01 and LV02 are applied. */
    private static Coded<Codes.Procedure> anchor(Group group) {
        Coded<Codes.Procedure> anchor = group.main;
        Coded<Codes.Procedure> displaced = group.displacedLevels();
        for (Coded<Codes.Procedure> item : group.supplementary) {
            if (item == group.firstSite) {
                break;
            }
            if (item != displaced && (item.code.levels() || item.code.method())) {
                anchor = item;
            }
        }
        return anchor;
    }

    /** Chapter Y stands before chapter Z. */
    private void checkOrder(Group group) {
        Set<String> placed = null;
        for (Coded<Codes.Procedure> item : group.supplementary) {
            if (item.at < group.firstSite.at || !item.code.method()) {
                continue;
            }
            if (item.code.imageControl()) {
                placed = placed == null ? imageControlBefore(group.firstSite, group) : placed;
                boolean another = placed.add(item.code.text());
                add(Rule.IC02, item, another ? Edit.moveBefore(group.firstSite, item) : null);
            } else if (!COVERED_ELSEWHERE.contains(item.code.category())) {
                add(Rule.ST04, item);
            }
        }
    }

    private static Set<String> imageControlBefore(Coded<Codes.Procedure> site, Group group) {
        Set<String> before = new HashSet<>();
        for (Coded<Codes.Procedure> item : group.imageControl) {
            if (item.at < site.at) {
                before.add(item.code.text());
            }
        }
        return before;
    }

    private void checkSites(Group group) {
        if (!group.maySpinalSiteServe()) {
            if (group.servingOtherSite == null) {
                add(Rule.ST01, group.main);
            } else {
                add(Rule.ST02, group.servingOtherSite);
            }
        }
        List<Coded<Codes.Procedure>> sites = group.servingSites;
        if (!sites.isEmpty()
                && sites.stream()
                        .allMatch(each -> BESIDE_A_VERTEBRA.contains(each.code.category()))) {
            add(Rule.ST03, sites.get(0));
        }
    }

    private void checkUnspecified(Group group) {
        for (Coded<Codes.Procedure> each : group.supplementary) {
            if (each.code.unspecified() && UNSPECIFIED.contains(each.code.text())) {
                add(Rule.PX05, each);
            }
        }
    }

    private void checkOperations() {
        for (List<Group> operation : sequence.operations) {
            int from = 0;
            for (int at = 0; at < operation.size(); at++) {
                List<Coded<Codes.Procedure>> sites = operation.get(at).spinalSites;
                if (!sites.isEmpty()) {
                    if (sites.size() > 1) {
                        compareLevels(operation.subList(from, at + 1), sites);
                    }
                    from = at + 1;
                }
            }
            if (sequence.vertebroplasties.size() > 1) {
                checkRepeated(operation);
            }
        }
    }

    /** Compare the levels of groups with the regions of the sites that serve them. */
    private void compareLevels(List<Group> served, List<Coded<Codes.Procedure>> sites) {
        Group last = null;
        int levels = 0;
        for (Group group : served) {
            if (!group.main.code.spinal()) {
                continue;
            }
            if (group.levels.size() != 1) {
                return;
            }
            Integer counted = COUNTED_LEVELS.get(group.levels.get(0).code.text());
            if (counted == null) {
                return;
            }
            levels += counted;
            last = group.main.code.vertebroplasty() ? group : last;
        }
        long regions =
                sites.stream()
                        .map(each -> each.code.text())
                        .filter(REGIONS::contains)
                        .distinct()
                        .count();
        if (last != null && regions > levels) {
            add(Rule.LV05, last.levels.get(0));
        }
    }

    private void checkRepeated(List<Group> operation) {
        Set<String> seen = new HashSet<>();
        for (Group group : operation) {
            String text = group.main.code.text();
            if (!VERTEBROPLASTIES.contains(text)) {
                continue;
            }
            if (!seen.add(text)) {
                add(Rule.PX07, group.main);
            } else if (seen.size() == VERTEBROPLASTIES.size()) {
                add(Rule.PX01, group.main);
            }
        }
    }

    private void checkProcedures() {
        Coded<Codes.Procedure> first = null;
        for (Coded<Codes.Procedure> item : sequence.leading) {
            if (item.code.unreadable()) {
                continue;
            }
            if (first == null) {
                first = item;
                add(Rule.PX02, item);
            } else if (item.code.levels()) {
                add(Rule.LV04, item);
            }
        }
        for (Coded<Codes.Procedure> item : sequence.procedures) {
            Codes.Procedure code = item.code;
            if (code.malformed()) {
                Edit edit = code.surplusCharacter() ? Edit.replace(item, code.text()) : null;
                add(Rule.PX06, item, edit);
            } else if (code.fourth().isEmpty()) {
                boolean mayBeUnspecified = MAY_BE_UNSPECIFIED.contains(code.category());
                Edit edit = mayBeUnspecified ? Edit.replace(item, code.category() + "9") : null;
                add(Rule.PX03, item, edit);
            } else if (code.nonexistent()) {
                add(Rule.PX04, item);
            }
        }
    }

    private void checkDiagnoses() {
        if (sequence.diagnoses.isEmpty()) {
            findings.add(Finding.ofDiagnoses(Rule.DX01));
            return;
        }
        checkPrimary(sequence.diagnoses.get(0));
        boolean indication = false;
        boolean joined = false;
        boolean collapse = false;
        boolean externalCause = false;
        Coded<Codes.Diagnosis> osteoporosis = null;
        Coded<Codes.Diagnosis> injury = null;
        for (Coded<Codes.Diagnosis> diagnosis : sequence.diagnoses) {
            Codes.Diagnosis code = diagnosis.code;
            if (code.malformed()) {
                addDiagnosis(Rule.DX04, diagnosis);
                continue;
            }
            String category = code.category();
            if (FIVE_CHARACTERS.contains(category)
                    && !isDigit(code.fifth())
                    && !(category.equals("T08") && isDigit(code.fourth()))) {
                addDiagnosis(Rule.DX05, diagnosis);
            }
            indication |=
                    INDICATIONS.contains(category) || INDICATIONS.contains(code.subcategory());
            joined |= category.equals("M80");
            collapse |= code.subcategory().equals("M485");
            externalCause |= code.externalCause();
            if (osteoporosis == null && category.equals("M81")) {
                osteoporosis = diagnosis;
            }
            if (injury == null && INJURIES.contains(category)) {
                injury = diagnosis;
            }
        }
        if (!indication) {
            findings.add(Finding.ofDiagnoses(Rule.DX06));
        }
        if (osteoporosis != null && collapse && !joined) {
            addDiagnosis(Rule.DX08, osteoporosis);
        }
        if (injury != null && !externalCause) {
            addDiagnosis(Rule.DX09, injury);
        }
    }

    private void checkPrimary(Coded<Codes.Diagnosis> primary) {
        Codes.Diagnosis code = primary.code;
        if (code.malformed()) {
            return;
        }
        if (code.externalCause()) {
            addDiagnosis(Rule.DX02, primary);
        }
        if (code.asterisk() || ASTERISK_CATEGORIES.contains(code.category())) {
            addDiagnosis(Rule.DX03, primary);
        }
        boolean ofLimb =
                code.fifth() >= '1'
                        && code.fifth() <= '7'
                        && (BY_SITE.contains(code.category())
                                || BY_SITE.contains(code.subcategory()));
        if (ofLimb || isElsewhere(regionsOf(code))) {
            addDiagnosis(Rule.DX07, primary);
        }
    }

    /** The sites of a region of the spine, or of two; none where a diagnosis does not say. */
    private static String regionsOf(Codes.Diagnosis code) {
        String cervical = "Z661 Z662 Z663";
        if (BY_REGION.contains(code.subcategory())) {
            return switch (code.fifth()) {
                case '2' -> cervical;
                case '3' -> cervical + " Z664";
                case '4' -> "Z664";
                case '5' -> "Z664 Z665";
                case '6', '7' -> "Z665";
                default -> "";
            };
        }
        if (code.category().equals("S12")) {
            return cervical;
        }
        return switch (code.subcategory()) {
            case "S220", "S221" -> "Z664";
            case "S320" -> "Z665";
            default -> "";
        };
    }

    /** Whether all sites that serve a vertebroplasty are in regions, and none in these. */
    private boolean isElsewhere(String regions) {
        if (regions.isEmpty()) {
            return false;
        }
        boolean sites = false;
        for (Group group : sequence.vertebroplasties) {
            for (Coded<Codes.Procedure> site : group.servingSites) {
                String text = site.code.text();
                if (!REGIONS.contains(text) || regions.contains(text)) {
                    return false;
                }
                sites = true;
            }
        }
        return sites;
    }

    private static boolean isDigit(char each) {
        return each >= '0' && each <= '9';
    }

    private void add(Rule rule, Coded<Codes.Procedure> at, Edit edit) {
        findings.add(Finding.ofProcedure(rule, at, edit));
    }

    private void add(Rule rule, Coded<Codes.Procedure> at) {
        add(rule, at, null);
    }

    private void addDiagnosis(Rule rule, Coded<Codes.Diagnosis> at) {
        findings.add(Finding.ofDiagnosis(rule, at));
    }
}
