/**
 * To a page of the provider's and back. It is opened in this window: an installed app is come back to only in the window
 * that it was left from. What must be known afterwards is kept on this device, or stands in the address.
 */

import { useEffect } from "preact/hooks";
import type { App } from "../../app/app";
import { here, href } from "../../app/router";

const KEPT = "wallet-trip";
const PATH = "/wallet";

/** Where a person may have come from to fill the wallet, and goes on afterwards. */
export const ORIGINS = ["/order/basket", "/gifts"] as const;
export type Origin = (typeof ORIGINS)[number];

/** What was going on when this window left. */
export interface Trip {
  back: Origin | null;
  amount_minor: number | null;
  /** The card whose page it was: its holder may close that page, and come here by another way. */
  setup: string | null;
}

export const NOWHERE: Trip = { back: null, amount_minor: null, setup: null };

/** Why the provider sent the person back here. */
export type Return = { kind: "card"; setup: string } | { kind: "canceled" } | { kind: "top-up"; id: string };

const asked = () => new URLSearchParams(location.search);

/** Return where the address says that the person came from; nothing but a known place of ours. */
export function origin(): Origin | null {
  const said = asked().get("back");
  return ORIGINS.find((each) => each === said) ?? null;
}

/** Return why the provider sent the person here; null where it did not. */
export function returned(): Return | null {
  const card = asked().get("card");
  const id = asked().get("top_up");
  if (card !== null) return card === "canceled" ? { kind: "canceled" } : { kind: "card", setup: card };
  return id === null ? null : { kind: "top-up", id };
}

/** Go to a page of the provider's. */
export async function leave(app: App, url: string, about: Partial<Omit<Trip, "back">>): Promise<void> {
  const trip: Trip = { ...NOWHERE, ...about, back: origin() };
  await app.keeping.put("choice", trip, KEPT);
  location.assign(url);
}

/** Return what was going on when this window left; nothing where it was another one, or long ago. */
export async function lastTrip(app: App): Promise<Trip> {
  const known = await app.keeping.get("choice", KEPT);
  return (known as Trip | undefined) ?? NOWHERE;
}

/** The return is dealt with: opened anew, this address is the wallet and asks for nothing. */
export async function arrived(app: App, from: Origin | null): Promise<void> {
  await app.keeping.delete("choice", KEPT);
  if (here() !== PATH) return; // the person went on meanwhile
  history.replaceState(history.state, "", href(PATH) + (from ? `?back=${from}` : ""));
}

/** Call `reset` when the browser shows this very page again, as it was when it was left. */
export function useShownAgain(reset: () => void): void {
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => event.persisted && reset();
    addEventListener("pageshow", shown);
    return () => removeEventListener("pageshow", shown);
  }, []);
}
