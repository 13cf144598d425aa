/** Draft baskets and orders, as screens use them. */

import type { Words } from "@ui/texts";
import { uid } from "../sync/replica";
import type { App } from "./app";
import { shelvesOf, useApp, useDocs } from "./hooks";
import type { Fingerprinted } from "./lines_hash";
import { completed, type Likes } from "./menu";
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

export interface DraftLineDoc extends Item, Fingerprinted {
  options: string[];
  draft: string;
  added_at: string;
  at: string;
}

export interface OrderLine {
  line: string;
  sku: string;
  name: Record<string, string>;
  options: { key: string; name: Words; price_minor: number }[];
  quantity: number;
  note: string;
  unit_price_minor: number;
  discount_minor: number;
  net_minor: number;
}

/** An order as it stands; see `GET /orders/<order>`. */
export interface OrderDoc {
  id: string;
  draft: string;
  sale: string;
  number: string;
  store: string;
  state: "placed" | "started" | "ready" | "picked_up" | "cancelled" | "expired";
  asap: boolean;
  pickup_at: string;
  placed_at: string;
  started_at: string | null;
  ready_at: string | null;
  picked_up_at: string | null;
  cancelled_at: string | null;
  expired_at: string | null;
  cancelled_by: "member" | "store" | null;
  cancel_reason: string | null;
  note: string;
  lines: OrderLine[];
  currency: string;
  gross_minor: number;
  discount_minor: number;
  total_minor: number;
  earned_milli: number;
  spent_milli: number;
  tenders: { kind: string; amount_minor: number }[];
  pickup_code: string | null;
  pickup_qr: string | null;
  can_cancel: boolean;
}

export const isOpen = (order: OrderDoc): boolean => ["placed", "started", "ready"].includes(order.state);

/** The draft this member works on: the last one touched, on whatever device. */
export function currentDraft(app: App): DraftDoc | null {
  const { replica } = app;
  const heads = replica.keys("draft/").filter((entity) => entity.split("/").length === 2);
  const drafts = heads.map((entity) => replica.get(entity) as unknown as DraftDoc);
  drafts.sort((one, two) => Date.parse(two.touched_at) - Date.parse(one.touched_at));
  return drafts[0] ?? null;
}

/** The lines of a draft, in the order in which they were added. */
export function linesOf(app: App, draft: string): DraftLineDoc[] {
  const { replica } = app;
  const lines = replica
    .keys(`draft/${draft}/line/`)
    .map((entity) => replica.get(entity) as unknown as DraftLineDoc);
  return lines.sort(
    (one, two) => Date.parse(one.added_at) - Date.parse(two.added_at) || one.id.localeCompare(two.id),
  );
}

/** The current draft, and redraw when any draft or line changes. */
export function useCurrentDraft(): DraftDoc | null {
  const app = useApp();
  useDocs("draft");
  return currentDraft(app);
}

/** The basket: the current draft with its lines. */
export function useBasket(): { draft: DraftDoc | null; lines: DraftLineDoc[]; count: number } {
  const app = useApp();
  const draft = useCurrentDraft();
  const lines = draft ? linesOf(app, draft.id) : [];
  return { draft, lines, count: lines.reduce((sum, line) => sum + line.quantity, 0) };
}

/** How the member likes things, as they told us. */
export const likesOf =
  (app: App): Likes =>
  (name) => {
    const value = app.replica.get(`preference/${name}`)?.value;
    return typeof value === "string" ? value : null;
  };

/** Put items into the current draft, or into a new one, with what must be chosen; return its id. */
export async function putIntoBasket(app: App, items: readonly (Item & { note?: string })[]): Promise<string> {
  const known = currentDraft(app);
  const draft = known?.id ?? uid(Date.now());
  const made = known
    ? []
    : [{ name: "draft.create", args: { draft, store: await storeForNew(app), note: "" } }];
  const shelves = app.catalog && shelvesOf(app.catalog);
  const acts = items.map((item) => {
    const options = shelves ? completed(shelves, item, likesOf(app)) : item.options;
    const whole = { sku: item.sku, options, quantity: item.quantity, note: item.note ?? "" };
    // A line of its own, also for the same again: adding conflicts with nothing that is done elsewhere.
    return { name: "draft.line.add", args: { draft, line: uid(Date.now()), ...whole } };
  });
  await app.mutateAll([...made, ...acts]);
  return draft;
}

async function storeForNew(app: App): Promise<string | null> {
  const stores = app.catalog?.stores ?? [];
  const takes = (key: unknown) => stores.some((each) => each.key === key && each.order_ahead);
  const remembered = await app.keeping.get("choice", "store");
  const favorite = app.replica.get("preference/store")?.value;
  return (
    ([remembered, favorite].find(takes) as string | undefined) ??
    stores.find((each) => each.order_ahead)?.key ??
    null
  );
}
