"""People and departments from files of other systems, by the same rules as in the administration."""
