/** When a store takes orders, read off its own clock; and in which order stores are offered. Pure. */

import type { StorePlace } from "./wire";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** The favorite first, then those that take orders, in the program's order. */
export function ordered(stores: readonly StorePlace[], favorite: string | undefined): StorePlace[] {
  const rank = (place: StorePlace) => (place.key === favorite ? 0 : place.order_ahead ? 1 : 2);
  return stores.toSorted((one, two) => rank(one) - rank(two));
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
