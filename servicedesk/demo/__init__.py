"""The demo organisation: a story told by calling the same functions as everybody, at past moments.

No row is written behind the back of the domain. What the server itself stamps (`recorded_at`) is the time at
which the demo was built; everything that is stated (`at`) lies where the story puts it.
"""
