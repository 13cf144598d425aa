"""What the demo would have sent: mails and text messages, for a person trying it out. Not in production."""

from __future__ import annotations

from typing import Final

from loyalty import messages
from loyalty.db import transaction
from loyalty.errors import Missing
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Choice, Id, Input, Instant, Many, Output, Text

routes: Final = Routes("Demo mailbox", "What the demo would have sent. Not in production.")


class NoMailbox(Missing):
    """There is no demo mailbox in production."""

    code = "not_found"


class MailboxQuery(Input):
    """Whose mail."""

    to = Text(load_default=None, max=254, about="An address or phone number; all of them if left out.")


class MailOut(Output):
    """A mail or text message that was not sent."""

    id = Id()
    channel = Choice(("mail", "sms"))
    to = Text(max=254, attribute="recipient")
    subject = Text(max=1000)
    text = Text(max=100_000)
    sent_at = Instant()


class MailboxOut(Output):
    """The newest first."""

    items = Many(MailOut, max=50)
    now = Instant(about="By the clock that the mails are dated by.")


@routes.get(
    "/dev/mailbox",
    summary="What the demo would have sent",
    who=None,
    query=MailboxQuery,
    answers={200: MailboxOut},
    errors=(NoMailbox,),
)
def mailbox(call: Call) -> object:
    """Answer the newest fifty mails and text messages of the demo."""
    if call.site.settings.is_public:
        raise NoMailbox
    with transaction() as session:
        return {"items": messages.mailbox(session, recipient=call.query["to"]), "now": call.now}
