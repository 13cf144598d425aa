/** Which store an order is for, and what it sells at which prices. */

import { useEffect, useState } from "preact/hooks";
import type { App } from "./app";
import { shelvesOf, useApp, useAppState, useDoc } from "./hooks";
import type { Menu } from "./menu";
import { currentDraft, type DraftDoc, useCurrentDraft } from "./orders";
import type { Catalog, StorePlace } from "./wire";

const REMEMBERED = "store";

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
