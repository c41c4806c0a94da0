"""What the database itself refuses in the tables of this app."""

# ruff: noqa: S608  constants only are put together here

from .line import GENESIS
from .triggers import Trigger, append_only, keep_rows, refuse, refuse_at_commit


def _sha256(text: str) -> str:
    """PostgreSQL for the sha256 of a text; on SQLite Django's own function SHA256 does it."""
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


def _hashed(name: str, table: str, column: str, over: str, message: str) -> Trigger:
    return refuse(
        name,
        table,
        on="BEFORE INSERT",
        when=f"COALESCE(NEW.{column} <> {_sha256(over)}, TRUE)",
        sqlite_when=f"COALESCE(NEW.{column} <> SHA256({over}), TRUE)",
        message=message,
    )


def rules() -> list[Trigger]:
    """Every trigger of the audit app."""
    return [*_words(), *_entries(), *_heads(), *_seals()]


def _words() -> list[Trigger]:
    return [
        *keep_rows("audit_words"),
        _hashed(
            "audit_words_digested",
            "audit_words",
            "digest",
            "NEW.salt || NEW.text",
            "the digest is not that of salt and text",
        ),
        refuse(
            "audit_words_only_erased",
            "audit_words",
            on="BEFORE UPDATE",
            when="NOT (NEW.id = OLD.id AND NEW.digest = OLD.digest AND OLD.erased_at IS NULL"
            " AND NEW.erased_at IS NOT NULL AND NEW.text IS NULL AND NEW.salt IS NULL)",
            message="words never change; they can only be erased, once",
        ),
    ]


def _entries() -> list[Trigger]:
    return [
        *append_only("audit_entry"),
        refuse(
            "audit_entry_follows",
            "audit_entry",
            on="BEFORE INSERT",
            first=f"NOT (NEW.number = 1 AND NEW.previous = '{GENESIS}')",
            when="NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.subject = NEW.subject"
            " AND e.number = NEW.number - 1 AND e.hash = NEW.previous)",
            message="an entry follows the one before it, without a hole",
        ),
        _hashed(
            "audit_entry_hashed",
            "audit_entry",
            "hash",
            "NEW.previous || NEW.line",
            "the hash is not that of the previous hash and the line",
        ),
        refuse_at_commit(
            "audit_entry_headed",
            "audit_entry",
            on="AFTER INSERT",
            when="NOT EXISTS (SELECT 1 FROM audit_head h"
            " WHERE h.subject = NEW.subject AND h.number >= NEW.number)",
            message="the head has not moved on to the last entry",
        ),
    ]


def _heads() -> list[Trigger]:
    return [
        *keep_rows("audit_head"),
        refuse(
            "audit_head_begins",
            "audit_head",
            on="BEFORE INSERT",
            when=f"NOT (NEW.number = 0 AND NEW.hash = '{GENESIS}')",
            message="a timeline begins without entries",
        ),
        refuse(
            "audit_head_moves_on",
            "audit_head",
            on="BEFORE UPDATE",
            when="NEW.subject <> OLD.subject OR NEW.number <= OLD.number"
            " OR NOT EXISTS (SELECT 1 FROM audit_entry e"
            " WHERE e.subject = NEW.subject AND e.number = NEW.number AND e.hash = NEW.hash)"
            " OR EXISTS (SELECT 1 FROM audit_entry e"
            " WHERE e.subject = NEW.subject AND e.number = NEW.number + 1)",
            message="a head only moves on to the last entry of its subject",
        ),
    ]


def _seals() -> list[Trigger]:
    return [
        *append_only("audit_dailyseal"),
        *append_only("audit_sealedhead"),
        refuse(
            "audit_dailyseal_follows",
            "audit_dailyseal",
            on="BEFORE INSERT",
            when="EXISTS (SELECT 1 FROM audit_dailyseal s WHERE s.day >= NEW.day)"
            " OR NEW.previous <> COALESCE("
            f"(SELECT s.hash FROM audit_dailyseal s ORDER BY s.day DESC LIMIT 1), '{GENESIS}')",
            message="a seal follows the last one",
        ),
        refuse(
            "audit_sealedhead_fits",
            "audit_sealedhead",
            on="BEFORE INSERT",
            when="EXISTS (SELECT 1 FROM audit_dailyseal s WHERE s.day = NEW.seal_id)"
            " OR NOT EXISTS (SELECT 1 FROM audit_entry e"
            " WHERE e.subject = NEW.subject AND e.number = NEW.number AND e.hash = NEW.hash)",
            message="a seal takes entries that are there, and none once it is made",
        ),
    ]
