"""The timeline of a ticket in the reader's words."""
