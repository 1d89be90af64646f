package ipg12;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One change to the procedures of an episode, as the fix of a finding.
 *
 * @param moved the code that is moved; null where one is inserted or replaced
 */
record Edit(
        Action action,
        Codes.Procedure code,
        Position position,
        Coded<Codes.Procedure> anchor,
        Coded<Codes.Procedure> moved) {
    enum Action {
        INSERT("insert"),
        MOVE("move"),
        REPLACE("replace");

        final String text;

        Action(String text) {
            this.text = text;
        }
    }

    enum Position {
        BEFORE("before"),
        AFTER("after"),
        INSTEAD("instead");

        final String text;

        Position(String text) {
            this.text = text;
        }
    }

    /** Levels of spine first, then in the order in which the codes stand. */
    private static final Comparator<Edit> IN_PLACE =
            Comparator.comparing((Edit edit) -> !edit.code.levels())
                    .thenComparingInt(edit -> edit.moved == null ? edit.anchor.at : edit.moved.at);

    static Edit insertAfter(Coded<Codes.Procedure> anchor, String code) {
        return new Edit(Action.INSERT, Codes.procedure(code), Position.AFTER, anchor, null);
    }

    static Edit moveAfter(Coded<Codes.Procedure> anchor, Coded<Codes.Procedure> moved) {
        return new Edit(Action.MOVE, moved.code, Position.AFTER, anchor, moved);
    }

    static Edit moveBefore(Coded<Codes.Procedure> anchor, Coded<Codes.Procedure> moved) {
        return new Edit(Action.MOVE, moved.code, Position.BEFORE, anchor, moved);
    }

    static Edit replace(Coded<Codes.Procedure> replaced, String code) {
        return new Edit(Action.REPLACE, Codes.procedure(code), Position.INSTEAD, replaced, null);
    }

    /** The procedures as they are shown, with every edit applied. */
    static List<String> applied(List<Coded<Codes.Procedure>> procedures, List<Edit> edits) {
        List<String> shown = new ArrayList<>(procedures.size());
        for (Coded<Codes.Procedure> procedure : procedures) {
            shown.add(procedure.code.shown());
        }
        for (Edit edit : edits) {
            if (edit.action == Action.REPLACE) {
                shown.set(edit.anchor.at, edit.code.shown());
            }
        }
        List<List<String>> before = new ArrayList<>();
        List<List<String>> after = new ArrayList<>();
        for (String code : shown) {
            before.add(List.of());
            after.add(List.of(code));
        }
        edits.stream()
                .filter(edit -> edit.moved != null)
                .forEach(edit -> after.set(edit.moved.at, List.of()));
        edits.stream()
                .filter(edit -> edit.action != Action.REPLACE)
                .sorted(IN_PLACE)
                .forEach(
                        edit -> {
                            var beside = edit.position == Position.BEFORE ? before : after;
                            var codes = new ArrayList<>(beside.get(edit.anchor.at));
                            codes.add(
                                    edit.moved == null
                                            ? edit.code.shown()
                                            : shown.get(edit.moved.at));
                            beside.set(edit.anchor.at, codes);
                        });
        List<String> proposed = new ArrayList<>();
        for (int at = 0; at < shown.size(); at++) {
            proposed.addAll(before.get(at));
            proposed.addAll(after.get(at));
        }
        return proposed;
    }
}
