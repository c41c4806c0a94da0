"""Messages as e-mail, through the mail server that Django's settings name."""

import hashlib
import smtplib
from contextlib import suppress
from email.utils import parseaddr
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError, EmailMessage, get_connection
from django.core.validators import validate_email

from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import Rendered

PERMANENT = range(500, 600)  # SMTP replies that no further try will change


class RefusedError(Exception):
    """This message can never be delivered; the text names the reason without personal words."""


class FailedError(Exception):
    """This message was not delivered now; the text names the reason without personal words."""


class UnreachableError(FailedError):
    """The mail server does not answer, so that no other message has a chance now either."""


class Postman:
    """One connection to the mail server for a batch of messages."""

    def __init__(self, backend: str | None = None) -> None:
        self.connection = get_connection(backend)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def connect(self) -> None:
        """Open the connection if there is none. Raises UnreachableError."""
        try:
            self.connection.open()
        except Exception as error:  # whatever a mail backend raises
            self.hang_up()
            raise UnreachableError(reason(error)) from error

    def deliver(self, message: Message, words: Rendered) -> None:
        """Hand one message over to the mail server. Raises RefusedError, FailedError or UnreachableError."""
        mail = written_mail(message, words)
        self.connect()
        try:
            taken = self.connection.send_messages([mail])
        except BadHeaderError as error:
            raise RefusedError(reason(error)) from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _text in error.recipients.values()}
            refused = all(code in PERMANENT for code in codes)
            raise (RefusedError if refused else FailedError)(reason(error, *sorted(codes))) from error
        except smtplib.SMTPDataError as error:
            raise (RefusedError if error.smtp_code in PERMANENT else FailedError)(reason(error)) from error
        except Exception as error:  # whatever a mail backend raises
            self.hang_up()
            raise (UnreachableError if hung(error) else FailedError)(reason(error)) from error
        if not taken:
            raise FailedError("not taken by the mail backend")

    def hang_up(self) -> None:
        """Close the connection; one that is broken is simply left."""
        with suppress(Exception):  # nothing is lost: what was accepted is accepted
            self.connection.close()


def written_mail(message: Message, words: Rendered) -> EmailMessage:
    """The mail: plain text, marked as written by a machine, recognisable if it comes twice."""
    address = message.recipient.email if message.recipient else message.address
    try:
        validate_email(address)
    except ValidationError as error:
        raise RefusedError("no usable address") from error
    return EmailMessage(
        subject=words.subject,
        body=words.body + "\n",
        to=[address],
        headers={
            "Message-ID": message_id(message),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )


def message_id(message: Message) -> str:
    """The same for every try, so that a mail doubled by a crash is seen to be one."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(message.key.encode()).hexdigest()[:40]}@{domain}>"


def hung(error: Exception) -> bool:
    """Whether the server let us wait until our patience ended; smtplib tells that as a lost connection."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def reason(error: Exception, *codes: int) -> str:
    """The kind of an error and its SMTP codes; never its text, which may quote an address."""
    if isinstance(error, smtplib.SMTPResponseException):
        codes = (error.smtp_code,)
    return " ".join([type(error).__name__, *map(str, codes)])
