"""Faults: real processes, broken at the worst moment; afterwards nothing is lost and nothing doubled."""
