/** The request that places an order, and what came of it. */

import type { Problem } from "../../app/api";
import type { App } from "../../app/app";
import { type Fingerprinted, linesHash } from "../../app/lines_hash";
import type { DraftLineDoc, OrderDoc } from "../../app/orders";
import { type Extras, wanted } from "./use_quote";

export interface Order {
  draft: string;
  /** As they are on the screen. */
  lines: readonly DraftLineDoc[];
  store: string;
  pickup_at: string | null;
  /** What the person saw that it costs. */
  total: number;
  extras: Extras;
  note: string;
}

export type Placed =
  | { kind: "order"; order: OrderDoc }
  /** Edits of this device have not reached the server: it would not know what is ordered. */
  | { kind: "unsaved" }
  | { kind: "refused"; problem: Problem; seen: readonly Fingerprinted[]; total: number };

/** Order what the person saw. Tapped twice, or tried again after a lost answer, it is one order. */
export async function place(app: App, asked: Order): Promise<Placed> {
  const seen = asked.lines.map(({ id, sku, options, quantity, note }) => ({
    id,
    sku,
    options,
    quantity,
    note,
  }));
  await app.refresh();
  if (app.replica.waiting > 0) return { kind: "unsaved" };
  const answer = await app.once<OrderDoc>(`order/${asked.draft}`, "/orders", {
    draft: asked.draft,
    lines_hash: await linesHash(seen),
    store: asked.store,
    pickup_at: asked.pickup_at,
    expected_total_minor: asked.total,
    tenders: asked.total > 0 ? [{ kind: "wallet", amount_minor: asked.total }] : [],
    note: asked.note,
    ...wanted(asked.extras),
  });
  if (answer.ok) return { kind: "order", order: answer.data };
  await app.refresh();
  return { kind: "refused", problem: answer.problem, seen, total: asked.total };
}
