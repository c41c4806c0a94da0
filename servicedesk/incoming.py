"""What comes in with a request is read in one way before anything else looks at it (SECURITY 9)."""

from collections.abc import Callable
from contextlib import suppress

from django.http import Http404, HttpRequest, HttpResponse, QueryDict, UnreadablePostError

from servicedesk.keepable import marked, unkeepable

Handler = Callable[[HttpRequest], HttpResponse]


def read_in_one_way(get_response: Handler) -> Handler:
    """Everything is read as UTF-8, and what no text of the desk holds arrives as �, which every form refuses.

    UTF-8 whatever else a sender claims: browsers send nothing else, and Django's own pages of refusal stumble over a
    form in another charset. An address whose path holds such a character leads nowhere (404).
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.encoding = "utf-8"
        if unkeepable(request.path_info):
            raise Http404
        request.COOKIES = {name: marked(value) for name, value in request.COOKIES.items()}
        request.GET = _marked(request.GET)  # type: ignore[assignment]
        if request.method == "POST":
            with suppress(UnreadablePostError):  # the line broke; whoever asks for the form finds it empty
                request.POST = _marked(request.POST)  # type: ignore[assignment]
        return get_response(request)

    return middleware


def _marked(given: QueryDict) -> QueryDict:
    if not any(unkeepable(text) for name, values in given.lists() for text in (name, *values)):
        return given
    found = QueryDict(mutable=True, encoding=given.encoding)
    for name, values in given.lists():
        found.setlist(marked(name), [marked(value) for value in values])
    found._mutable = False
    return found
