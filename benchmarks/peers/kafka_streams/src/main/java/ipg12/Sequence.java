package ipg12;

import java.util.ArrayList;
import java.util.List;

/** An episode's codes cut up as rule set 2 reads them: groups, operations, sites. */
final class Sequence {
    /** What stands, or may stand unread, before the first main code of the episode. */
    private record Leading(boolean levels, boolean imageControl, boolean spinalSite) {
        static final Leading NOTHING = new Leading(false, false, false);

        static Leading of(List<Coded<Codes.Procedure>> procedures) {
            boolean levels = false;
            boolean imageControl = false;
            boolean spinalSite = false;
            for (Coded<Codes.Procedure> each : procedures) {
                boolean unread = each.code.unreadable() || each.code.mayHoldMore();
                levels |= unread || each.code.levels();
                imageControl |= unread || each.code.imageControl();
                spinalSite |= unread || each.code.spinalSite();
            }
            return new Leading(levels, imageControl, spinalSite);
        }
    }

    /** A main code and the supplementary codes that follow it, up to the next main code. */
    static final class Group {
        final Coded<Codes.Procedure> main;

        /** Before the first main code, for the first group; nothing for any other. */
        final Leading leading;

        /** Without unreadable codes. */
        final List<Coded<Codes.Procedure>> supplementary = new ArrayList<>();

        final List<Coded<Codes.Procedure>> levels = new ArrayList<>(1);
        final List<Coded<Codes.Procedure>> imageControl = new ArrayList<>(1);

        /** Of chapter Z or its overflow, laterality included; null where there is none. */
        Coded<Codes.Procedure> firstSite;

        final List<Coded<Codes.Procedure>> spinalSites = new ArrayList<>(2);

        /** Its own spinal sites or, without any, the nearest later ones of its operation. */
        List<Coded<Codes.Procedure>> servingSites = spinalSites;

        /** The first site elsewhere, in it or a later group of its operation; null without any. */
        Coded<Codes.Procedure> servingOtherSite;

        boolean laterImageControl;

        /** It has an unreadable code, which may stand for anything that it lacks. */
        boolean unreadable;

        /** It or a later group of its operation has one. */
        boolean unreadableFromHere;

        private Group(Coded<Codes.Procedure> main, Leading leading) {
            this.main = main;
            this.leading = leading;
            unreadable = main.code.mayHoldMore();
        }

        private void add(Coded<Codes.Procedure> item) {
            Codes.Procedure code = item.code;
            if (code.unreadable()) {
                unreadable = true;
                return;
            }
            supplementary.add(item);
            unreadable |= code.mayHoldMore();
            if (code.levels()) {
                levels.add(item);
            } else if (code.imageControl()) {
                imageControl.add(item);
            } else if (code.site()) {
                firstSite = firstSite == null ? item : firstSite;
                if (code.spinalSite()) {
                    spinalSites.add(item);
                } else if (code.otherSite() && servingOtherSite == null) {
                    servingOtherSite = item;
                }
            }
        }

        boolean ofTheSpine() {
            return main.code.spinal() || !spinalSites.isEmpty();
        }

        /** Its first V55 code, where that is not directly after the main code; null otherwise. */
        Coded<Codes.Procedure> displacedLevels() {
            return levels.isEmpty() || levels.get(0) == supplementary.get(0) ? null : levels.get(0);
        }

        boolean mayHaveLevels() {
            return !levels.isEmpty() || unreadable || leading.levels;
        }

        boolean mayHaveImageControl() {
            return !imageControl.isEmpty() || unreadable || leading.imageControl;
        }

        boolean maySpinalSiteServe() {
            return !servingSites.isEmpty() || unreadableFromHere || leading.spinalSite;
        }

        private void endOperation() {
            unreadableFromHere = unreadable;
        }

        private void standBefore(Group later) {
            if (servingSites.isEmpty()) {
                servingSites = later.servingSites;
            }
            if (servingOtherSite == null) {
                servingOtherSite = later.servingOtherSite;
            }
            laterImageControl = later.laterImageControl || !later.imageControl.isEmpty();
            unreadableFromHere = unreadable || later.unreadableFromHere;
        }
    }

    final List<Coded<Codes.Procedure>> procedures;
    final List<Coded<Codes.Diagnosis>> diagnoses;
    final List<Group> groups = new ArrayList<>();

    /** Codes before the first main code: they belong to no group. */
    final List<Coded<Codes.Procedure>> leading;

    /** The unbroken runs of groups of the spine, each at one visit to theatre. */
    final List<List<Group>> operations = new ArrayList<>(1);

    final List<Group> vertebroplasties = new ArrayList<>();

    Sequence(Episode episode) {
        procedures = episode.procedures();
        diagnoses = episode.diagnoses();
        int first = 0;
        while (!procedures.get(first).code.main()) { // in scope: there is one
            first++;
        }
        leading = procedures.subList(0, first);
        Leading before = first == 0 ? Leading.NOTHING : Leading.of(leading);
        Group group = new Group(procedures.get(first), before);
        groups.add(group);
        for (Coded<Codes.Procedure> item : procedures.subList(first + 1, procedures.size())) {
            if (item.code.main()) {
                group = new Group(item, Leading.NOTHING);
                groups.add(group);
            } else {
                group.add(item);
            }
        }
        cutOperations();
    }

    private void cutOperations() {
        List<Group> operation = null;
        int lastDay = 0;
        for (Group group : groups) {
            if (!group.ofTheSpine()) {
                operation = null;
                continue;
            }
            int day = group.main.day;
            if (operation == null || day != 0 && lastDay != 0 && day != lastDay) {
                operation = new ArrayList<>(2);
                operations.add(operation);
                lastDay = 0;
            }
            operation.add(group);
            lastDay = day == 0 ? lastDay : day;
            if (group.main.code.vertebroplasty()) {
                vertebroplasties.add(group);
            }
        }
        for (List<Group> each : operations) {
            each.get(each.size() - 1).endOperation();
            for (int last = each.size() - 2; last >= 0; last--) {
                each.get(last).standBefore(each.get(last + 1));
            }
        }
    }
}
