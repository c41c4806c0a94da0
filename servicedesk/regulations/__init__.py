"""The settings S1-S37 and which of them stood when (REGULATIONS 0.5)."""
