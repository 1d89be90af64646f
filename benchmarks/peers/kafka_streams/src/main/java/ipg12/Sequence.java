package ipg12;

import java.util.ArrayList;
import java.util.List;

/** An episode's codes cut up as RULES.md reads them: groups, operations, sites. */
final class Sequence {
    record Procedure(int index, String submitted, Codes.Procedure code) {}

    record Diagnosis(int index, String submitted, Codes.Diagnosis code) {}

    /** A main code and the supplementary codes that follow it, up to the next main code. */
    static final class Group {
        final Procedure main;
        final List<Procedure> supplementary = new ArrayList<>();
        final List<Procedure> levels = new ArrayList<>();
        final List<Procedure> imageControl = new ArrayList<>();

        /** Spinal or not; null where there is none. */
        Procedure firstSite;

        /** Its own spinal sites or, without any, the nearest later ones of its operation. */
        List<Procedure> servingSpinalSites = new ArrayList<>();

        /** The first site elsewhere, in it or a later group of its operation; null without any. */
        Procedure servingOtherSite;

        private Group(Procedure main) {
            this.main = main;
        }

        private void add(Procedure item) {
            supplementary.add(item);
            Codes.Procedure code = item.code();
            if (code.levels()) {
                levels.add(item);
            } else if (code.imageControl()) {
                imageControl.add(item);
            } else if (code.spinalSite()) {
                firstSite = firstSite == null ? item : firstSite;
                servingSpinalSites.add(item);
            } else if (code.otherSite()) {
                firstSite = firstSite == null ? item : firstSite;
                servingOtherSite = servingOtherSite == null ? item : servingOtherSite;
            }
        }

        private void beServedBy(Group later) {
            if (servingSpinalSites.isEmpty()) {
                servingSpinalSites = later.servingSpinalSites;
            }
            if (servingOtherSite == null) {
                servingOtherSite = later.servingOtherSite;
            }
        }
    }

    final List<Procedure> procedures = new ArrayList<>();
    final List<Diagnosis> diagnoses = new ArrayList<>();
    final List<Diagnosis> readableDiagnoses = new ArrayList<>();
    final List<Group> groups = new ArrayList<>();

    /** Supplementary codes before the first main code: they belong to no group. */
    final List<Procedure> unattached = new ArrayList<>();

    /** The unbroken runs of spinal groups. */
    final List<List<Group>> operations = new ArrayList<>();

    final List<Group> spinalGroups = new ArrayList<>();
    final List<Group> vertebroplasties = new ArrayList<>();

    Sequence(Episode episode) {
        for (String code : episode.procedures()) {
            add(new Procedure(procedures.size(), code, Codes.procedure(code)));
        }
        for (String code : episode.diagnoses()) {
            var diagnosis = new Diagnosis(diagnoses.size(), code, Codes.diagnosis(code));
            diagnoses.add(diagnosis);
            if (!diagnosis.code().malformed()) {
                readableDiagnoses.add(diagnosis);
            }
        }
        cutOperations();
    }

    static boolean inScope(Episode episode) {
        for (String code : episode.procedures()) {
            if (Codes.procedure(code).vertebroplasty()) {
                return true;
            }
        }
        return false;
    }

    /** The first diagnosis, where it is of ICD-10 shape; null otherwise. */
    Diagnosis primaryDiagnosis() {
        return diagnoses.isEmpty() || diagnoses.get(0).code().malformed() ? null : diagnoses.get(0);
    }

    private void add(Procedure item) {
        procedures.add(item);
        if (item.code().main()) {
            groups.add(new Group(item));
        } else if (groups.isEmpty()) {
            unattached.add(item);
        } else {
            groups.get(groups.size() - 1).add(item);
        }
    }

    private void cutOperations() {
        List<Group> operation = null;
        for (Group group : groups) {
            if (!group.main.code().spinal()) {
                operation = null;
                continue;
            }
            if (operation == null) {
                operation = new ArrayList<>();
                operations.add(operation);
            }
            operation.add(group);
            spinalGroups.add(group);
            if (group.main.code().vertebroplasty()) {
                vertebroplasties.add(group);
            }
        }
        for (List<Group> each : operations) {
            for (int last = each.size() - 2; last >= 0; last--) {
                each.get(last).beServedBy(each.get(last + 1));
            }
        }
    }
}
