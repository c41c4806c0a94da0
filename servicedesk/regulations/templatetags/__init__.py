"""Template tags of the regulations."""
