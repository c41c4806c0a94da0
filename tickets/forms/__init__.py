"""What people fill in about tickets; one module a page. They read and bound what is typed; the rules stand in the domain."""
