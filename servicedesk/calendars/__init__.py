"""Working-time arithmetic, work calendars, holidays and make-up days as versioned data (DESIGN 5)."""
