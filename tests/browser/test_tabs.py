"""Several pages of one browser: one hears the server, all of them show the same and lose nothing."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible

TASTE = "/me/taste"

# What an older version of the app would have left: its layout, and two acts that nobody has sent.
MAKE_NEWER = """
async () => {
  const { name } = (await indexedDB.databases()).find((each) => each.name.startsWith("regulars-"));
  await new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1000);
    asked.onsuccess = () => resolve(asked.result.close());
    asked.onerror = () => reject(asked.error);
  });
}
"""
MAKE_OLD = """
async () => {
  const found = await indexedDB.databases();
  const { name } = found.find((each) => each.name.startsWith("regulars-"));
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const stores = ["meta", "base", "stage", "refused", "queue"];
  const now = await done(indexedDB.open(name));
  const kept = {};
  for (const store of stores) {
    const from = now.transaction(store).objectStore(store);
    const [keys, values] = [await done(from.getAllKeys()), await done(from.getAll())];
    kept[store] = keys.map((key, place) => [key, values[place]]);
  }
  now.close();
  await done(indexedDB.deleteDatabase(name));
  const asked = indexedDB.open(name, 1);
  asked.onupgradeneeded = () => {
    for (const store of stores) {
      asked.result.createObjectStore(store, store === "queue" ? { keyPath: "id" } : undefined);
    }
  };
  const old = await done(asked);
  const writing = old.transaction(stores, "readwrite");
  const meta = new Map(kept.meta);
  let last = meta.get("last") ?? 0;
  for (const tag of ["vegan", "halal"]) {
    writing.objectStore("queue").add({
      id: ++last,
      uid: crypto.randomUUID(),
      name: "dietary.add",
      args: { tag },
      seen: meta.get("shown").version,
      seen_epoch: meta.get("shown").epoch,
      at: new Date().toISOString(),
    });
  }
  meta.set("last", last);
  meta.delete("device");
  for (const [key, value] of meta) writing.objectStore("meta").put(value, key);
  for (const store of ["base", "stage", "refused"]) {
    for (const [key, value] of kept[store]) writing.objectStore(store).put(value, key);
  }
  await new Promise((resolve) => { writing.oncomplete = resolve; });
  old.close();
}
"""


class Streams:
    """The streams of a browser that are open now, by page."""

    def __init__(self, context: BrowserContext) -> None:
        self.open: list[Request] = []
        context.on("request", self._begun)
        for event in ("requestfailed", "requestfinished"):
            context.on(event, self._ended)  # type: ignore[call-overload]

    def _begun(self, request: Request) -> None:
        if "/api/v1/live?" in request.url:
            self.open.append(request)

    def _ended(self, request: Request) -> None:
        if request in self.open:
            self.open.remove(request)

    def pages(self) -> list[Page]:
        """Return whose they are; a page that was closed does not say that its stream has ended."""
        return [page for page in (request.frame.page for request in self.open) if not page.is_closed()]


def settles(page: Page, is_so: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Wait until something is so, and return whether it came to be."""
    for _ in range(int(seconds * 10)):
        if is_so():
            return True
        page.wait_for_timeout(100)
    return is_so()


def taste(page: Page, phone: Phone) -> Page:
    page.goto(f"{phone.cafe.url}/app{TASTE}")
    expect(page.get_by_label("Vegan")).to_be_visible()
    return page


def test_one_page_hears_for_all_and_another_takes_over_when_it_is_closed(
    phone: Callable[..., Phone],
) -> None:
    ann = phone("tabs.lead@example.com")
    elsewhere = taste(phone("tabs.lead@example.com").page, ann)
    streams = Streams(ann.page.context)
    first = taste(ann.page, ann)
    second = taste(ann.page.context.new_page(), ann)
    assert settles(second, lambda: streams.pages() == [second]), streams.pages()
    elsewhere.get_by_label("Vegan").check()
    for page in (first, second):
        expect(page.get_by_label("Vegan")).to_be_checked()
    second.close()
    assert settles(first, lambda: streams.pages() == [first]), streams.pages()
    elsewhere.get_by_label("Halal").check()
    expect(first.get_by_label("Halal")).to_be_checked()


def test_what_is_done_in_one_page_is_in_the_other_also_where_it_is_closed_at_once(
    phone: Callable[..., Phone],
) -> None:
    ann = phone("tabs.closed@example.com")
    first = taste(ann.page, ann)
    second = taste(ann.page.context.new_page(), ann)
    first.get_by_label("Vegan").check()
    expect(second.get_by_label("Vegan")).to_be_checked()
    # It never gets to send it.
    first.route("**/api/v1/sync", lambda route: route.abort())
    first.get_by_label("Kosher").check()
    expect(second.get_by_label("Kosher")).to_be_checked()
    first.close()
    elsewhere = taste(phone("tabs.closed@example.com").page, ann)
    expect(elsewhere.get_by_label("Kosher")).to_be_checked()


def test_offline_both_pages_act_and_nothing_is_lost_or_done_twice(phone: Callable[..., Phone]) -> None:
    ann = phone("tabs.offline@example.com")
    first = taste(ann.page, ann)
    second = taste(ann.page.context.new_page(), ann)
    context = ann.page.context
    context.set_offline(True)
    tags = ("Vegan", "Halal", "Kosher", "No nuts", "No soy", "No egg")
    for place, tag in enumerate(tags):
        (first, second)[place % 2].get_by_label(tag).check()
    for page in (first, second):
        for tag in tags:
            expect(page.get_by_label(tag)).to_be_checked()
    first.get_by_label("No egg").uncheck()
    expect(second.get_by_label("No egg")).not_to_be_checked()
    context.set_offline(False)
    elsewhere = taste(phone("tabs.offline@example.com").page, ann)
    for tag in tags[:-1]:
        expect(elsewhere.get_by_label(tag)).to_be_checked()
    expect(elsewhere.get_by_label("No egg")).not_to_be_checked()
    for page in (first, second):
        expect(page.get_by_text("not saved yet")).to_have_count(0)
        expect(page.get_by_label("No egg")).not_to_be_checked()


def test_a_store_of_an_older_layout_is_upgraded_and_its_queue_is_sent(phone: Callable[..., Phone]) -> None:
    ann = phone("tabs.upgrade@example.com")
    page = taste(ann.page, ann)
    page.get_by_label("Kosher").check()
    elsewhere = taste(phone("tabs.upgrade@example.com").page, ann)
    expect(elsewhere.get_by_label("Kosher")).to_be_checked()
    page.goto(f"{ann.cafe.url}/program")
    page.evaluate(MAKE_OLD)
    # Upgraded without a network: what was there is on screen, and so is what was not sent.
    page.context.route("**/api/v1/sync", lambda route: route.abort())
    taste(page, ann)
    for tag in ("Kosher", "Vegan", "Halal"):
        expect(page.get_by_label(tag)).to_be_checked()
    expect(elsewhere.get_by_label("Vegan")).not_to_be_checked()
    page.context.unroute("**/api/v1/sync")
    page.reload()
    for tag in ("Vegan", "Halal"):
        expect(elsewhere.get_by_label(tag)).to_be_checked()
    expect(page.get_by_label("Kosher")).to_be_checked()


def test_a_page_older_than_what_it_kept_says_so_and_can_begin_anew(phone: Callable[..., Phone]) -> None:
    ann = phone("tabs.older@example.com")
    page = ann.page
    page.goto(f"{ann.cafe.url}/program")
    page.evaluate(MAKE_NEWER)
    ann.open("/")
    expect(page.get_by_role("heading", name="A newer version was used here").last).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Begin anew on this device").click()
    ann.sign_in("tabs.older@example.com")
