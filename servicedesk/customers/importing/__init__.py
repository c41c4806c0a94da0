"""Customers, projects and areas from files of other systems, by the same rules as from the forms."""
