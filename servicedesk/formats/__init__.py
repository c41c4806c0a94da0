"""How dates and times are written, one module a language, for the desk and the administration alike.

Beside Django's names stand ours: DAY_TIME_FORMAT (a day of this year, and time), WEEKDAY_TIME_FORMAT (the same with its
weekday), FULL_FORMAT (all of it), and MONTH_RANGE_FIRST_FORMAT and MONTH_RANGE_LAST_FORMAT (the two ends of a stretch within one month).
`date_format(moment, "DAY_TIME_FORMAT")` and `{{ moment|date:"DAY_TIME_FORMAT" }}` know them. A new language brings all of them.
"""
