/** How much: what may be loaded, and what a person writes. */

import type { Wallet } from "./wire";

const CHIPS = [1000, 2500, 5000, 10_000];

/** Return how many minor units there is room for. */
export function room(wallet: Wallet): number {
  return Math.max(0, wallet.limit_minor - wallet.balance_minor - wallet.held_minor);
}

/** Return the amounts that are offered: those that may be loaded now. */
export function offered(wallet: Wallet): number[] {
  const most = Math.min(wallet.top_up_max_minor, room(wallet));
  return CHIPS.filter((each) => wallet.top_up_min_minor <= each && each <= most);
}

/** Return an amount as a person writes it: `12.50`. */
export function asWritten(minor: number, currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return (minor / 10 ** digits).toFixed(digits);
}

/** Read what was written, `12.50` or `12,50`, as minor units; null where it is no amount. */
export function written(text: string, currency: string): number | null {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  const plain = text.replace(/[\s\p{Sc}]/gu, "").replace(",", ".");
  const found = /^(\d{1,7})(?:\.(\d*))?$/.exec(plain);
  const fraction = found?.[2] ?? "";
  if (!found || fraction.length > digits) return null;
  return Number(found[1] + fraction.padEnd(digits, "0"));
}
