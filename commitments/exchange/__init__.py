"""Tables in and out: files are read, compared with the register, previewed, written; and rows become files."""
