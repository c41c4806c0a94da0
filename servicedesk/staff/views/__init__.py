"""The pages about people: log-in, one's own account, who is who, absences."""
