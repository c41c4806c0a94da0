"""Mail backends that misbehave."""

import smtplib
import threading

from django.core.mail.backends.base import BaseEmailBackend

accepted: list[str] = []  # Message-IDs, in the order of their acceptance
behaviour: dict = {}
lock = threading.Lock()


class Mailbox(BaseEmailBackend):
    """Accepts every mail, or does what `behaviour` says for a receiver or for "open"."""

    is_open = False

    def open(self):
        if not self.is_open:
            behaviour["opened"] = behaviour.get("opened", 0) + 1
            misbehave("open")
            self.is_open = True

    def close(self):
        self.is_open = False

    def send_messages(self, email_messages):
        for mail in email_messages:
            header = mail.message()["Message-ID"]
            misbehave(mail.to[0])
            with lock:
                accepted.append(header)
            misbehave(f"after {mail.to[0]}")
        return len(email_messages)


def misbehave(moment):
    fault = behaviour.get(moment)
    if callable(fault):
        fault()
    elif fault:
        raise fault


def refused(address, code):
    return smtplib.SMTPRecipientsRefused({address: (code, b"<" + address.encode() + b"> no")})
