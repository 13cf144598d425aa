/** Offers on this device: what was done with them is synchronized, what they say is read beside it and kept. */

import { useEffect, useState } from "preact/hooks";
import { useApp, useDocs } from "./hooks";
import type { OfferDoc } from "./wire";

/** What an offer says, in the member's language. */
export interface OfferText {
  id: string;
  offer: string;
  kind: string;
  name: string;
  text: string;
  state: "sent" | "seen" | "activated" | "in_progress" | "completed" | "expired";
  needs_activation: boolean;
  progress: number;
  target: number | null;
  unit: string | null;
}

export interface ChallengeDoc {
  id: string;
  offer: string;
  progress: number;
  completed_at: string | null;
}

/** An offer as it is shown. */
export interface Offer extends OfferText {
  doc: OfferDoc;
  isOver: boolean;
  isActive: boolean;
}

const PATH = "/offers";

/** Return the member's offers that are not over, the newest first, and those that are. */
export function useOffers(): { open: Offer[]; over: Offer[] } {
  const app = useApp();
  const docs = useDocs<OfferDoc>("offer");
  const challenges = new Map(useDocs<ChallengeDoc>("challenge").map(([, doc]) => [doc.id, doc]));
  const [texts, setTexts] = useState<Map<string, OfferText>>(new Map());
  const ids = docs.map(([, doc]) => doc.id).join();
  useEffect(() => {
    let isOver = false;
    const take = (found: { items: OfferText[] }) =>
      isOver || setTexts(new Map(found.items.map((each) => [each.id, each])));
    void app.api.cached<{ items: OfferText[] }>(PATH, take, false).then((found) => found && take(found));
    return () => {
      isOver = true;
    };
  }, [app, ids]);
  const offers = docs.flatMap(([, doc]) => {
    const text = texts.get(doc.id);
    return text === undefined ? [] : [shown(doc, text, challenges.get(doc.id))];
  });
  offers.sort((one, two) => two.doc.received_at.localeCompare(one.doc.received_at));
  return { open: offers.filter((each) => !each.isOver), over: offers.filter((each) => each.isOver) };
}

function shown(doc: OfferDoc, text: OfferText, challenge: ChallengeDoc | undefined): Offer {
  const isPast = doc.window_until !== null && Date.parse(doc.window_until) <= Date.now();
  return {
    ...text,
    doc,
    progress: challenge?.progress ?? 0,
    isOver: isPast || Boolean(challenge?.completed_at) || text.state === "completed",
    isActive: doc.activated_at !== null && doc.pending === undefined,
  };
}

/** Tell the server which offers were on screen, once each. */
export function useSeen(offers: readonly Offer[]): void {
  const app = useApp();
  const fresh = offers.flatMap((each) => (each.doc.seen_at === null ? [each.id] : [])).join();
  useEffect(() => {
    if (fresh === "") return;
    void app.mutateAll(fresh.split(",").map((id) => ({ name: "offer.see", args: { id } })));
  }, [app, fresh]);
}
