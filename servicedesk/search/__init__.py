"""One search for both engines: text is cut into plain tokens, kept in a column, found by `tokens__matches`.

How an app makes a table searchable:

    class Ticket(models.Model):
        tokens = TokensField()                     # servicedesk.search.fields; filled with tokens(text)

    operations = [..., *search_index("tickets_ticket")]   # servicedesk.search.index, in a migration

    Ticket.objects.filter(tokens__matches="words as typed").order_by("-pk")

All words must be found. Nothing typed is an operator, and an empty query filters nothing. Order by date, not by rank.
"""
