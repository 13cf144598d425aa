/** Which store an order is for, what it sells at which prices, and when it is open. */

import { useEffect, useState } from "preact/hooks";
import type { App } from "./app";
import { shelvesOf, useApp, useAppState, useDoc } from "./hooks";
import type { Menu } from "./menu";
import { currentDraft, type DraftDoc, useCurrentDraft } from "./orders";
import type { Catalog, StorePlace } from "./wire";

const REMEMBERED = "store";
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** The store of the basket, else the one chosen last on this device, else the favorite, else the first that takes orders. */
export function useStore(): { place: StorePlace | null; choose: (store: string) => void } {
  const app = useAppState();
  const draft = useCurrentDraft();
  const favorite = useDoc<{ value: string }>("preference/store")?.value;
  const [remembered, setRemembered] = useState<string | null>(null);
  useEffect(() => {
    void app.keeping.get("choice", REMEMBERED).then((key) => typeof key === "string" && setRemembered(key));
  }, [app]);
  const stores = app.catalog?.stores ?? [];
  const named = (key: string | null | undefined) => stores.find((each) => each.key === key);
  const place =
    named(draft?.store) ??
    named(remembered) ??
    named(favorite) ??
    stores.find((each) => each.order_ahead) ??
    stores[0] ??
    null;
  const choose = (store: string) => {
    setRemembered(store);
    void chooseStore(app, draft, store);
  };
  return { place, choose };
}

async function chooseStore(app: App, draft: DraftDoc | null, store: string): Promise<void> {
  await app.keeping.put("choice", store, REMEMBERED);
  const known = draft ?? currentDraft(app);
  if (known && known.store !== store) {
    await app.mutate("draft.set", { draft: known.id, store, note: known.note });
  }
}

/** The favorite first, then those that take orders, in the program's order. */
export function ordered(stores: readonly StorePlace[], favorite: string | undefined): StorePlace[] {
  const rank = (place: StorePlace) => (place.key === favorite ? 0 : place.order_ahead ? 1 : 2);
  return stores.toSorted((one, two) => rank(one) - rank(two));
}

/** What a store sells; its own prices come from the server and stay on this device. */
export function useMenu(place: StorePlace | null): Menu | null {
  const app = useApp();
  const { catalog } = useAppState();
  const [own, setOwn] = useState<Catalog | null>(null);
  const store = place?.key ?? null;
  useEffect(() => {
    if (store === null) return;
    let isOver = false;
    const take = (found: Catalog) => isOver || setOwn(found);
    void app.api.cached<Catalog>(`/catalog?store=${store}`, take).then((found) => found && take(found));
    return () => {
      isOver = true;
    };
  }, [app, store]);
  if (catalog === null) return null;
  const known = own !== null && own.store === store && own.version >= catalog.version ? own : catalog;
  const shelves = shelvesOf(known);
  return {
    ...shelves,
    place,
    price: (product) =>
      (known.store === store ? known.prices[product.sku] : undefined) ??
      (store === null ? undefined : product.prices?.[store]) ??
      product.price_minor,
  };
}

/** When a store takes orders on a day: the words of its clock, and whether it does now. */
export interface Hours {
  isOpen: boolean;
  today: [from: string, until: string][];
  /** When it opens next today or tomorrow, as its clock will show; null: not so soon. */
  opens: { at: string; isToday: boolean } | null;
}

/** Read a store's hours off its own clock. Pure. */
export function hoursOf(place: StorePlace, now: number): Hours | null {
  const ahead = place.order_ahead;
  if (!ahead) return null;
  const on = (moment: number) => {
    const { day, date, clock } = clockOf(place, moment);
    return { clock, spans: ahead.closed_days?.includes(date) ? [] : (ahead.hours[day] ?? []) };
  };
  const { clock, spans } = on(now);
  const later = spans.find(([from]) => from > clock);
  const tomorrow = on(now + 86_400_000).spans[0];
  return {
    isOpen: spans.some(([from, until]) => from <= clock && clock < until),
    today: spans,
    opens: later ? { at: later[0], isToday: true } : tomorrow ? { at: tomorrow[0], isToday: false } : null,
  };
}

function clockOf(
  place: StorePlace,
  moment: number,
): { day: (typeof DAYS)[number]; date: string; clock: string } {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: place.timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = Object.fromEntries(format.formatToParts(moment).map((each) => [each.type, each.value]));
  const day = DAYS.find((each) => parts.weekday?.toLowerCase().startsWith(each)) ?? "mon";
  return {
    day,
    date: `${parts.year}-${parts.month}-${parts.day}`,
    clock: `${parts.hour}:${parts.minute}`,
  };
}

/** Write `07:30` of a store's clock as the locale does. */
export function clockText(
  clock: string,
  format: (moment: number, style: "time", zone: string) => string,
): string {
  return format(Date.parse(`2026-01-01T${clock === "24:00" ? "00:00" : clock}:00Z`), "time", "UTC");
}
