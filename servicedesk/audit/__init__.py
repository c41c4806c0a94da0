"""Append-only timelines, the hash chain, personal words, and the invariants that must always hold (DESIGN 6)."""
