"""What is owed afterwards; for now the watch over missing holiday lists (R5.8a)."""
