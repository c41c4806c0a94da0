"""The migrations of the clock as a later version brings them: one more."""

from servicedesk.clock import migrations

__path__ = [*__path__, *migrations.__path__]
