"""What people fill in about tickets; one module a page."""
