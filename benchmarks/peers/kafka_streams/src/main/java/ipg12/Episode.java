package ipg12;

import java.util.List;

/** What the rules read of a record; codes as submitted, the provider in capitals. */
record Episode(
        String episodeId, String providerCode, List<String> procedures, List<String> diagnoses) {}
