"""The calendar of absences: who is away when, who answers meanwhile, and where nobody is left (CASES y)."""
