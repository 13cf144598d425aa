"""What changes next and when: the page of the version to come beside the page of today, sentence by sentence.

Comparing what is told, not the documents, says exactly what a member would notice, in words, and can't give away what
the page keeps to itself. ``rules.diff`` compares the documents, for reviewers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from loyalty.rules.plain.sections import Item, Section, item, section, sections

if TYPE_CHECKING:
    from loyalty.rules.plain.speaker import Speaker


def changes(speaker: Speaker, following: tuple[Speaker, datetime] | None, at: datetime) -> Section:
    """Return the section on what comes next; ``following`` is the scheduled version and its first instant."""
    days = speaker.count("day", speaker.program.settings.notice_days)
    promise = [item(speaker, "notice", speaker.say("notice", days=days))]
    if speaker.program.settings.notice_days == 0:
        promise = []
    if following is None:
        return section(speaker, "next", promise, speaker.say("no_change"))
    coming, begins = following
    date = speaker.moment(begins.astimezone(speaker.program.zone))
    found = tuple(_changes(speaker, sections(speaker, at), sections(coming, begins), date))
    intro = speaker.say("changes_on", date=date)
    if not found:
        intro = f"{intro} {speaker.say('nothing_told')}"
    return section(speaker, "next", [*found, *promise], intro)


def _changes(
    speaker: Speaker, old: tuple[Section, ...], new: tuple[Section, ...], date: str
) -> Iterator[Item]:
    before = {(each.key, one.key): (each, one) for each in old for one in each.items}
    after = {(each.key, one.key): (each, one) for each in new for one in each.items}
    for place in dict.fromkeys((*before, *after)):
        yield from _item(speaker, before.get(place), after.get(place), date)
    intros = {each.key: each.intro for each in new}
    for each in old:
        said = intros.get(each.key)
        if said and each.intro and said != each.intro:
            text = speaker.say("changed", date=date, old=each.intro, new=said)
            yield Item(f"{each.key}.intro", each.title, speaker.finish(text))


def _item(
    speaker: Speaker, old: tuple[Section, Item] | None, new: tuple[Section, Item] | None, date: str
) -> Iterator[Item]:
    there = new or old
    assert there is not None
    about, it = there
    key = f"{about.key}.{it.key}"
    if old is None:
        text = speaker.say("added", date=date, new=it.text)
    elif new is None:
        text = speaker.say("removed", date=date, old=it.text)
    elif (old[1].text, old[1].title) != (it.text, it.title):
        text = speaker.say("changed", date=date, old=old[1].text, new=it.text)
    else:
        return
    yield Item(key, it.title, speaker.finish(text), it.points_milli, it.points, label=about.title)
