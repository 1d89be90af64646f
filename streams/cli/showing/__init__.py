"""What people see: reports, summaries, rule pages and progress."""
