"""Output for people: reports, summaries, rule pages and progress."""
