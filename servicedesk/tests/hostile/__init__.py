"""Hostile input over all forms, parameters and addresses, found by walking the pages: a new page is attacked unasked.

`forms` reads what a page offers, `walking` goes through the pages as several people, `payloads` holds what is sent. The
organisation of the demo is played once for the folder (`conftest`); no test here commits anything.
"""
