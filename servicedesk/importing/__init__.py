"""Reading files of other systems, whatever their rows become: knows no app, and has no tables (DESIGN 8, CASES l)."""
