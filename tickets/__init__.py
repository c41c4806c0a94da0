"""Complaints and requests from the first word to the check after the remedy."""
