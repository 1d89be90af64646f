"""The shapes of episodes, verdicts, rejections, ledger rows and alerts."""
