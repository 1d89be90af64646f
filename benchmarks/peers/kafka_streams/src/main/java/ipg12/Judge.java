package ipg12;

/** From the key and value of a record to its verdict. */
final class Judge {
    private Judge() {}

    static Verdict judge(byte[] key, byte[] value) {
        try {
            Episode episode =
                    value == null ? EpisodeReader.readKey(key) : EpisodeReader.read(value);
            if (episode.withdrawn()) {
                return Verdict.without(Outcome.WITHDRAWN, episode);
            }
            return episode.inScope()
                    ? Verdict.of(episode, Rules.check(episode))
                    : Verdict.without(Outcome.OUT_OF_SCOPE, episode);
        } catch (Rejection rejection) {
            return Verdict.rejected(rejection);
        }
    }
}
