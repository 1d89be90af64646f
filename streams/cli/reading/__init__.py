"""From files and standard input to the bytes of each record."""
