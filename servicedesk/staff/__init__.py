"""People, departments, posts, absences, roles, log-in."""
