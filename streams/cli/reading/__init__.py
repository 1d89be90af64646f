"""From files and standard input to the bytes of each record, or the rows of delimited text."""
