"""How long what matters takes, on this machine, and how it grows."""
