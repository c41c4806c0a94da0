"""A year of a desk of a hundred people and two thousand customers, played like the small demo, of which it is the wider circle."""
