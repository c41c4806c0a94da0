"""An app for processes that tests break: it holds them at a place in the code, and sets their clocks.

`MEDDLE_AT` in their environment names the functions behind which they can be held. Files in VAR_DIR/meddling rule them:
one named after a function holds whoever has called it, and says whom it holds; `clock` says how many seconds their
clock is ahead.
"""
