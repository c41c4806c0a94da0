"""Taking in matters from other systems' files, by the same rules as the form (DESIGN 8, CASES l)."""
