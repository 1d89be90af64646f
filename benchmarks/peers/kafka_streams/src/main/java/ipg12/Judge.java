package ipg12;

/** From the value of a record to its verdict. */
final class Judge {
    private Judge() {}

    static Verdict judge(byte[] value) {
        try {
            Episode episode = EpisodeReader.read(value);
            return Sequence.inScope(episode)
                    ? Verdict.of(episode, Rules.check(episode))
                    : Verdict.outOfScope(episode);
        } catch (Rejection rejection) {
            return Verdict.rejected(rejection);
        }
    }
}
