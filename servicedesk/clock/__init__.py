"""Everything owed: deadlines, ladders, the sweep, My desk (DESIGN 4)."""
