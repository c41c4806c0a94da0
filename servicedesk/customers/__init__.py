"""Customers, their contact persons, projects and preferences."""
