"""Messages to a person or an address, written with their cause, sent and retried afterwards."""
