"""Operations that the machine of any life does not call itself, by what is said of them."""

REASONS = {
    "A step inside an act that the machine drives, in its transaction.": """
        servicedesk.audit.line.frame servicedesk.audit.line.write_line servicedesk.audit.timeline.record
        servicedesk.calendars.publishing.publish_region servicedesk.calendars.publishing.supersede
        servicedesk.clock.closures.tell_owners_of_closed_days servicedesk.clock.notices.notify servicedesk.clock.owing.owe_many servicedesk.clock.owing.settle
        servicedesk.clock.owing.relabel servicedesk.clock.owing.withdraw
        servicedesk.customers.areas.hand_areas_on servicedesk.customers.changing.add
        servicedesk.customers.changing.change servicedesk.customers.creating.create_customers
        servicedesk.customers.creating.prepare servicedesk.customers.creating.write_customers
        servicedesk.outbox.posting.post servicedesk.outbox.reading.mark_acknowledged
        servicedesk.outbox.sending.claim servicedesk.staff.passing_on.pass_on_all
        servicedesk.staff.passing_on.pass_on_what_can followups.holiday_lists.pass_on_lists
        tickets.about_staff.passing_news tickets.confirmations.pass_on_confirmations tickets.contacts.add_contact
        tickets.intake.open_tickets tickets.leavers.pass_on_tickets tickets.numbers.draw_numbers
        tickets.ownership.begin_periods tickets.ownership.change_owner tickets.ownership.change_owners
        tickets.ownership.end_period tickets.promises.give_time tickets.promises.give_word tickets.promises.renew
        tickets.readings.owe_reading tickets.readings.pass_on_readings tickets.readings.pass_on_readings_of
        tickets.readings.withdraw_readings tickets.resolving.close_checked tickets.resolving.close_void
        tickets.resolving.end_check tickets.resolving.fit_check tickets.resolving.fit_checks_of
        tickets.resolving.owe_check tickets.resolving.resolve tickets.resolving.take_up_again
    """,
    "Acts on files; what an import writes goes through acts that the machine drives (test_import, test_uploads).": """
        servicedesk.backups.archive.write servicedesk.uploads.carrying.discard servicedesk.uploads.carrying.start
        servicedesk.uploads.storing.remove
    """,
    "No act of a person calls it yet; attacked in test_words.": "servicedesk.audit.words.erase",
    "After a migration or a change of the zone only, while nobody works (test_opencounts).": "servicedesk.reports.opencounts.recount",
    "The audit itself, by night: it judges and writes nothing but its own run (test_audit_increments).": """
        servicedesk.audit.runs.audit_by_night
    """,
}
EXCUSED = {name: reason for reason, names in REASONS.items() for name in names.split()}
