"""Who may log in."""

from django.contrib.auth.backends import ModelBackend


class StaffBackend(ModelBackend):
    """Django's own log-in by name and password, closed to who has left or is blocked.

    Asked again at every request, so that a session ends at once when the log-in is closed.
    """

    def user_can_authenticate(self, user) -> bool:
        return user is not None and user.may_log_in
