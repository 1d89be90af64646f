"""What is said: the shapes of episodes, verdicts, rejections and ledger rows."""
