/** Money, points and moments as the member's locale writes them. */

import { currentLocale, type Words, words } from "./texts";

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function known<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  name: string,
  make: (locale: string) => T,
): T {
  const locale = currentLocale();
  const key = `${locale} ${name}`;
  const found = formats.get(key) ?? make(locale);
  formats.set(key, found);
  return found as T;
}

/** Write an amount of minor units: 450 as `$4.50`. */
export function money(minor: number, currency: string, options: { sign?: boolean } = {}): string {
  const style = { style: "currency", currency, signDisplay: options.sign ? "exceptZero" : "auto" } as const;
  const format = known(`money ${currency} ${options.sign}`, (locale) => new Intl.NumberFormat(locale, style));
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}

/** Write thousandths of a point: 5040 as `5.04`, 400000 as `400`. */
export function amount(milli: number, options: { sign?: boolean } = {}): string {
  const style = { maximumFractionDigits: 2, signDisplay: options.sign ? "exceptZero" : "auto" } as const;
  const format = known(`points ${options.sign}`, (locale) => new Intl.NumberFormat(locale, style));
  return format.format(milli / 1000);
}

/** A program's name for its points: `{"en": {"one": "star", "other": "stars"}}`. */
export type PointsName = Record<string, { one: string; other: string } | undefined>;

/** Write points with their name: `5.04 stars`. */
export function points(
  milli: number,
  name: PointsName | undefined,
  options: { sign?: boolean } = {},
): string {
  return `${amount(milli, options)} ${pointsName(milli, name)}`;
}

/** Return what so many points are called. */
export function pointsName(milli: number, name: PointsName | undefined): string {
  const one: Record<string, string> = {};
  const other: Record<string, string> = {};
  for (const [language, forms] of Object.entries(name ?? {})) {
    if (forms) [one[language], other[language]] = [forms.one, forms.other];
  }
  const rule = new Intl.PluralRules(currentLocale()).select(Math.abs(milli) / 1000);
  return words((rule === "one" ? one : other) satisfies Words);
}

const DATES = {
  day: { day: "numeric", month: "long" },
  date: { day: "numeric", month: "long", year: "numeric" },
  short: { day: "numeric", month: "short", year: "numeric" },
  weekday: { weekday: "long", day: "numeric", month: "long" },
  time: { hour: "numeric", minute: "2-digit" },
  moment: { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
  month: { month: "long", year: "numeric" },
  monthName: { month: "short" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** Write a moment (RFC 3339 or milliseconds); in this device's time zone unless another is named. */
export function date(moment: string | number, style: keyof typeof DATES = "date", timeZone?: string): string {
  const options = timeZone === undefined ? DATES[style] : { ...DATES[style], timeZone };
  const format = known(`${style} ${timeZone}`, (locale) => new Intl.DateTimeFormat(locale, options));
  return format.format(new Date(moment));
}

const STEPS = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** Write how long ago, or in how long: `2 minutes ago`, `in 3 days`, `now`. */
export function ago(moment: string | number, now: number = Date.now()): string {
  const format = known("ago", (locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
  const seconds = (new Date(moment).getTime() - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit);
  }
  return format.format(0, "second");
}
