"""The pages of the ticket domain; one module a page."""
