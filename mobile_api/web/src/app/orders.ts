/** Draft baskets and orders, as screens use them. */

import { uid } from "../sync/replica";
import type { App } from "./app";
import type { Item } from "./wire";

export interface DraftDoc {
  id: string;
  store: string | null;
  note: string;
  created_at: string;
  touched_at: string;
  touched_by?: string | null;
  touched_on?: string | null;
  version: number;
}

export interface DraftLineDoc extends Item {
  draft: string;
  id: string;
  note: string;
  added_at: string;
  at: string;
}

/** An order as it stands; see `GET /orders/<order>`. */
export interface OrderDoc {
  id: string;
  number: string;
  store: string;
  state: "placed" | "started" | "ready" | "picked_up" | "cancelled" | "expired";
  pickup_at: string;
  [fact: string]: unknown;
}

export const isOpen = (order: OrderDoc): boolean => ["placed", "started", "ready"].includes(order.state);

/** The draft this member works on: the last one touched, on whatever device. */
export function currentDraft(app: App): DraftDoc | null {
  const { replica } = app;
  const heads = replica.keys("draft/").filter((entity) => entity.split("/").length === 2);
  const drafts = heads.map((entity) => replica.get(entity) as unknown as DraftDoc);
  drafts.sort((one, two) => two.touched_at.localeCompare(one.touched_at));
  return drafts[0] ?? null;
}

/** The lines of a draft, in the order in which they were added. */
export function linesOf(app: App, draft: string): DraftLineDoc[] {
  const { replica } = app;
  const lines = replica
    .keys(`draft/${draft}/line/`)
    .map((entity) => replica.get(entity) as unknown as DraftLineDoc);
  return lines.sort((one, two) => one.added_at.localeCompare(two.added_at) || one.id.localeCompare(two.id));
}

/** Put items into the current draft, or into a new one; return its id. */
export async function putIntoBasket(app: App, items: readonly (Item & { note?: string })[]): Promise<string> {
  const known = currentDraft(app);
  const draft = known?.id ?? uid(Date.now());
  const favorite = app.replica.get("preference/favorite_store")?.value ?? null;
  const made = known ? [] : [{ name: "draft.create", args: { draft, store: favorite, note: "" } }];
  const lines = items.map((item) => ({
    name: "draft.line.add",
    args: {
      draft,
      line: uid(Date.now()),
      sku: item.sku,
      options: item.options,
      quantity: item.quantity,
      note: item.note ?? "",
    },
  }));
  await app.mutateAll([...made, ...lines]);
  return draft;
}
