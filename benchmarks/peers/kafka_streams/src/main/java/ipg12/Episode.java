package ipg12;

import java.util.List;

/**
 * What the rules read of a record; codes in reading order, without empty slots.
 *
 * @param providerCode in capitals
 * @param withdrawn taken back by its publisher: it has no codes then
 */
record Episode(
        String episodeId,
        String providerCode,
        boolean withdrawn,
        List<Coded<Codes.Procedure>> procedures,
        List<Coded<Codes.Diagnosis>> diagnoses) {
    static Episode withdrawn(String episodeId, String providerCode) {
        return new Episode(episodeId, providerCode, true, List.of(), List.of());
    }

    boolean inScope() {
        for (Coded<Codes.Procedure> procedure : procedures) {
            if (procedure.code.vertebroplasty()) {
                return true;
            }
        }
        return false;
    }

    int malformedProcedures() {
        int malformed = 0;
        for (Coded<Codes.Procedure> procedure : procedures) {
            malformed += procedure.code.malformed() ? 1 : 0;
        }
        return malformed;
    }
}
