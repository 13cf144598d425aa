"""What a member likes and allows, for pages without a queue: the same verbs as the mutations, one by one."""

from __future__ import annotations

from typing import Any, Final, Literal

from loyalty import changes, members, preferences
from loyalty.actor import Actor
from loyalty.db import snapshot, transaction
from loyalty.edits import NotYours, made_now
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.etags import is_current, tag_of
from loyalty.web.fields import Bool, Choice, Input, Instant, Many, Map, One, Output, Pattern, Text, Whole
from mobile_api.who import MEMBER

routes = Routes(
    "Preferences",
    "How a member takes it, favorites, the usual, dietary notes, and what the member allows. Devices with a queue "
    "change these by `/sync`.",
)

SLOTS: Final = tuple(slot.key for slot in preferences.SLOTS)
REFUSALS: Final = (NotYours, members.MemberUnknown, preferences.PreferenceInvalid)


def _name() -> Pattern:
    return Pattern(r"^[a-z][a-z0-9_]{0,39}$", expected="a name: lower-case letters, digits, '_'", max=40)


def _sku() -> Pattern:
    return Pattern(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", expected="a product's SKU", max=100)


class PreferenceIn(Input):
    """What the member wants."""

    value = Text(required=True, min=1, max=200, example="oat")


class PreferenceOut(Output):
    """How the member takes it."""

    name = _name()
    value = Text(max=200)
    version = Whole(about="The member's version of the last edit.")
    at = Instant()


class KnownPreference(Output):
    """A preference that every face knows; others are named after the program's own option groups."""

    name = _name()
    label = Text()


class PreferenceList(Output):
    """All preferences that have a value."""

    preferences = Many(PreferenceOut, max=100)
    known = Many(KnownPreference, max=100)


class FavoriteOut(Output):
    """A product that the member marked."""

    key = Text(max=100, data_key="sku")
    version = Whole()
    at = Instant()


class FavoriteList(Output):
    """All favorites."""

    favorites = Many(FavoriteOut, max=200)


class DietaryOut(Output):
    """Something the member eats or doesn't."""

    key = Text(max=40, data_key="tag")
    version = Whole()
    at = Instant()


class DietaryList(Output):
    """All dietary notes, and the tags that every face can translate."""

    dietary = Many(DietaryOut, max=50)
    known = Many(Text(max=40), max=100)


class ItemIn(Input):
    """A product as the member takes it."""

    sku = Text(required=True, min=1, max=100)
    options = Many(Text(min=1, max=100), max=20, load_default=list)
    quantity = Whole(min=1, max=20, load_default=1)


class ItemOut(Output):
    """A product as the member takes it."""

    sku = Text(max=100)
    options = Many(Text(max=100), max=20)
    quantity = Whole(min=1, max=20)


class UsualIn(Input):
    """What to change: the items, whether it is hidden, or both."""

    items = Many(ItemIn, min=1, max=5)
    hidden = Bool()


class UsualOut(Output):
    """The usual of one time of day: `items` is what holds, `suggested` what past purchases say."""

    slot = Choice(SLOTS)
    items = Many(ItemOut, max=5)
    source = Choice(("chosen", "purchases"))
    suggested = Many(ItemOut, max=5)
    hidden = Bool()
    version = Whole()


class SlotOut(Output):
    """A time of day, in the store's local time."""

    slot = Choice(SLOTS)
    begins = Text(max=5, example="04:00")


class UsualList(Output):
    """The usual of every time of day of which something is known."""

    usual = Many(UsualOut, max=10)
    slots = Many(SlotOut, max=10)


class ConsentIn(Input):
    """Allow or stop, having read a wording."""

    allowed = Bool(required=True)
    text_version = Text(
        required=True, min=1, max=60, about="Which wording the member saw.", example="2026-03"
    )


class ChannelConsentOut(Output):
    """Whether a purpose is allowed on one channel; `version` 0: the member was never asked."""

    allowed = Bool()
    version = Whole()
    at = Instant(allow_none=True)
    text_version = Text(allow_none=True, max=60)


class ConsentOut(Output):
    """What the member allows for one purpose, by channel."""

    purpose = Choice(tuple(preferences.PURPOSES))
    channels = Map(One(ChannelConsentOut), max=10)


class ConsentList(Output):
    """Everything that can be allowed."""

    consents = Many(ConsentOut, max=50)


class ConsentActOut(Output):
    """One act of giving or withdrawing; `effective` is false where it lost to a concurrent withdrawal."""

    number = Whole()
    purpose = Text(max=60)
    channel = Text(max=20)
    given = Bool()
    effective = Bool()
    text_version = Text(max=60)
    acted_at = Instant()
    recorded_at = Instant()
    actor_kind = Text(max=20)
    actor_channel = Text(max=20)


class ConsentHistory(Output):
    """Every act, in the order in which it became known."""

    acts = Many(ConsentActOut, max=10_000)


def _member(call: Call) -> int:
    member_id = call.actor.member_id
    assert member_id is not None
    return member_id


def _edit(call: Call) -> dict[str, Any]:
    actor: Actor = call.actor
    return {
        "actor": actor,
        "member_id": _member(call),
        "edit": made_now(actor.id, call.now),
        "now": call.now,
    }


Subject = Literal["preferences", "favorites", "usual", "dietary", "consents"]


def _list(call: Call, subject: Subject) -> Answer:
    """Answer a list, or that nothing changed since the caller asked last."""
    member_id = _member(call)
    with snapshot() as session:
        tag = tag_of(subject, member_id, changes.head(session, member_id).version)
        if is_current(tag):
            return Answer.unchanged(tag)
        match subject:
            case "preferences":
                known = [
                    {"name": name, "label": known.label} for name, known in preferences.PREFERENCES.items()
                ]
                data = {"preferences": preferences.preferences_of(session, member_id), "known": known}
            case "favorites":
                data = {"favorites": preferences.favorites_of(session, member_id)}
            case "usual":
                slots = [{"slot": slot.key, "begins": f"{slot.begins:%H:%M}"} for slot in preferences.SLOTS]
                data = {"usual": preferences.usual_of(session, member_id), "slots": slots}
            case "dietary":
                tags = sorted(preferences.DIETARY_TAGS)
                data = {"dietary": preferences.dietary_notes_of(session, member_id), "known": tags}
            case "consents":
                data = {"consents": preferences.consents_of(session, member_id)}
    return Answer(data, etag=tag)


@routes.get(
    "/preferences",
    summary="List preferences",
    who=MEMBER,
    answers={200: PreferenceList},
    etag=True,
    errors=REFUSALS,
)
def list_preferences(call: Call) -> object:
    """Answer how the member takes it."""
    return _list(call, "preferences")


@routes.put(
    "/preferences/<name>",
    summary="Set a preference",
    who=MEMBER,
    path={"name": _name()},
    body=PreferenceIn,
    answers={200: PreferenceOut},
    errors=(*REFUSALS, preferences.TooManyOfThem),
)
def put_preference(call: Call) -> object:
    """Remember how the member takes it."""
    name = call.path["name"]
    with transaction() as session:
        preferences.set_preference(session, name=name, value=call.body["value"], **_edit(call))
        return preferences.preferences_of(session, _member(call), [name])[0]


@routes.delete(
    "/preferences/<name>",
    summary="Clear a preference",
    who=MEMBER,
    path={"name": _name()},
    answers={204: None},
    errors=(*REFUSALS, preferences.TooManyOfThem),
)
def delete_preference(call: Call) -> None:
    """Forget how the member takes it."""
    with transaction() as session:
        preferences.clear_preference(session, name=call.path["name"], **_edit(call))


@routes.get(
    "/favorites",
    summary="List favorites",
    who=MEMBER,
    answers={200: FavoriteList},
    etag=True,
    errors=REFUSALS,
)
def list_favorites(call: Call) -> object:
    """Answer the products that the member marked."""
    return _list(call, "favorites")


@routes.put(
    "/favorites/<sku>",
    summary="Add a favorite",
    who=MEMBER,
    path={"sku": _sku()},
    answers={200: FavoriteOut},
    errors=(*REFUSALS, preferences.TooManyOfThem),
)
def put_favorite(call: Call) -> object:
    """Mark a product."""
    sku = call.path["sku"]
    with transaction() as session:
        preferences.add_favorite(session, sku=sku, **_edit(call))
        return preferences.favorites_of(session, _member(call), [sku])[0]


@routes.delete(
    "/favorites/<sku>",
    summary="Remove a favorite",
    who=MEMBER,
    path={"sku": _sku()},
    answers={204: None},
    errors=REFUSALS,
)
def delete_favorite(call: Call) -> None:
    """Take the mark away."""
    with transaction() as session:
        preferences.remove_favorite(session, sku=call.path["sku"], **_edit(call))


@routes.get(
    "/dietary",
    summary="List dietary notes",
    who=MEMBER,
    answers={200: DietaryList},
    etag=True,
    errors=REFUSALS,
)
def list_dietary(call: Call) -> object:
    """Answer what the member eats or doesn't."""
    return _list(call, "dietary")


@routes.put(
    "/dietary/<tag>",
    summary="Add a dietary note",
    who=MEMBER,
    path={"tag": _name()},
    answers={200: DietaryOut},
    errors=(*REFUSALS, preferences.TooManyOfThem),
)
def put_dietary(call: Call) -> object:
    """Note what the member eats or doesn't."""
    tag = call.path["tag"]
    with transaction() as session:
        preferences.add_dietary_note(session, tag=tag, **_edit(call))
        return preferences.dietary_notes_of(session, _member(call), [tag])[0]


@routes.delete(
    "/dietary/<tag>",
    summary="Remove a dietary note",
    who=MEMBER,
    path={"tag": _name()},
    answers={204: None},
    errors=REFUSALS,
)
def delete_dietary(call: Call) -> None:
    """Drop a dietary note."""
    with transaction() as session:
        preferences.remove_dietary_note(session, tag=call.path["tag"], **_edit(call))


@routes.get(
    "/usual", summary="List the usual", who=MEMBER, answers={200: UsualList}, etag=True, errors=REFUSALS
)
def list_usual(call: Call) -> object:
    """Answer the usual of each time of day, hidden ones too."""
    return _list(call, "usual")


@routes.put(
    "/usual/<slot>",
    summary="Change the usual",
    who=MEMBER,
    path={"slot": Choice(SLOTS)},
    body=UsualIn,
    answers={200: UsualOut},
    errors=REFUSALS,
)
def put_usual(call: Call) -> object:
    """Say what the usual is, or hide or show it. Setting items shows it unless `hidden` says otherwise."""
    slot, body = call.path["slot"], call.body
    with transaction() as session:
        if "items" in body:
            items = [
                preferences.Item(each["sku"], tuple(each["options"]), each["quantity"])
                for each in body["items"]
            ]
            preferences.set_usual(session, slot=slot, items=items, **_edit(call))
        if body.get("hidden") is True:
            preferences.hide_usual(session, slot=slot, **_edit(call))
        else:
            preferences.show_usual(session, slot=slot, **_edit(call))
        return preferences.usual_of(session, _member(call), [slot])[0]


@routes.delete(
    "/usual/<slot>",
    summary="Go back to the learned usual",
    who=MEMBER,
    path={"slot": Choice(SLOTS)},
    answers={200: UsualOut},
    errors=REFUSALS,
)
def delete_usual(call: Call) -> object:
    """Forget what the member chose; what past purchases say holds again."""
    slot = call.path["slot"]
    with transaction() as session:
        preferences.forget_chosen_usual(session, slot=slot, **_edit(call))
        return preferences.usual_of(session, _member(call), [slot])[0]


@routes.get(
    "/consents", summary="List consents", who=MEMBER, answers={200: ConsentList}, etag=True, errors=REFUSALS
)
def list_consents(call: Call) -> object:
    """Answer what the member allows, for every purpose and channel."""
    return _list(call, "consents")


@routes.put(
    "/consents/<purpose>/<channel>",
    summary="Allow or stop",
    who=MEMBER,
    path={"purpose": _name(), "channel": _name()},
    body=ConsentIn,
    answers={200: ConsentOut},
    errors=(*REFUSALS, preferences.ConsentUnknown),
)
def put_consent(call: Call) -> object:
    """Allow a purpose on a channel, or stop it; every act is kept."""
    purpose = call.path["purpose"]
    verb = preferences.give_consent if call.body["allowed"] else preferences.withdraw_consent
    with transaction() as session:
        verb(
            session,
            purpose=purpose,
            channel=call.path["channel"],
            text_version=call.body["text_version"],
            **_edit(call),
        )
        return preferences.consents_of(session, _member(call), [purpose])[0]


@routes.get(
    "/consents/history", summary="See the history of consents", who=MEMBER, answers={200: ConsentHistory}
)
def see_consent_history(call: Call) -> object:
    """Answer every act of giving and withdrawing."""
    with snapshot() as session:
        return {"acts": preferences.consent_history(session, _member(call))}
