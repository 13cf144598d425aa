/** What screens read: documents by entity, the program and catalog, and the connection. All from this device. */

import { createContext } from "preact";
import { useContext, useEffect, useReducer, useState } from "preact/hooks";
import type { Answer } from "./api";
import type { App } from "./app";
import type { Catalog, Category, Option, OptionGroup, Product, Program, StorePlace } from "./wire";

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("no app around this");
  return app;
}

const useRedraw = () => useReducer((count: number) => count + 1, 0)[1] as (action?: unknown) => void;

/** Return a document, and redraw when it changes. */
export function useDoc<T>(entity: string): T | undefined {
  const { replica } = useApp();
  const redraw = useRedraw();
  useEffect(() => replica.listen((changed) => changed.has(entity) && redraw()), [replica, entity, redraw]);
  return replica.get(entity) as T | undefined;
}

/** Return the documents whose entities begin with `kind/`, by entity, and redraw when one changes. */
export function useDocs<T>(kind: string): [entity: string, doc: T][] {
  const { replica } = useApp();
  const redraw = useRedraw();
  const prefix = `${kind}/`;
  useEffect(
    () => replica.listen((changed) => [...changed].some((each) => each.startsWith(prefix)) && redraw()),
    [replica, prefix, redraw],
  );
  return replica.keys(prefix).map((entity) => [entity, replica.get(entity) as T]);
}

/** Redraw when something changes that is no document: the connection, the program, who is signed in. */
export function useAppState(): App {
  const app = useApp();
  const redraw = useRedraw();
  useEffect(() => app.listen(() => redraw()), [app, redraw]);
  return app;
}

export function useProgram(): Program["program"] | null {
  return useAppState().program?.program ?? null;
}

/** The catalog, with what is looked up in it most. */
export interface Shelves {
  categories: Category[];
  products: Product[];
  stores: StorePlace[];
  product(sku: string): Product | undefined;
  groups(product: Product): OptionGroup[];
  option(key: string): (Option & { price_minor: number }) | undefined;
  store(key: string | null | undefined): StorePlace | undefined;
}

const shelves = new WeakMap<Catalog, Shelves>();

export function useCatalog(): Shelves | null {
  const { catalog } = useAppState();
  return catalog === null ? null : shelvesOf(catalog);
}

/** Arrange a catalog for looking things up in it; done once for each. */
export function shelvesOf(catalog: Catalog): Shelves {
  const known = shelves.get(catalog) ?? arrange(catalog);
  shelves.set(catalog, known);
  return known;
}

function arrange(catalog: Catalog): Shelves {
  const products = new Map(catalog.products.map((each) => [each.sku, each]));
  const groups = new Map(catalog.option_groups.map((each) => [each.key, each]));
  const options = new Map(
    catalog.option_groups
      .flatMap((group) => group.options)
      .map((each) => [each.key, { ...each, price_minor: each.price_minor ?? 0 }]),
  );
  const stores = new Map(catalog.stores.map((each) => [each.key, each]));
  return {
    categories: catalog.categories,
    products: catalog.products,
    stores: catalog.stores,
    product: (sku) => products.get(sku),
    groups: (product) => (product.option_groups ?? []).flatMap((key) => groups.get(key) ?? []),
    option: (key) => options.get(key),
    store: (key) => (key ? stores.get(key) : undefined),
  };
}

/** An answer of the server that is not synchronized: asked for once, and again when `path` changes. */
export function useAnswer<T>(path: string | null): { answer: Answer<T> | null; again: () => void } {
  const app = useApp();
  const [answer, setAnswer] = useState<Answer<T> | null>(null);
  const [round, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (path === null) return;
    const ended = new AbortController();
    void app.api
      .get<T>(path, { signal: ended.signal })
      .then((found) => ended.signal.aborted || setAnswer(found));
    return () => ended.abort();
  }, [app, path, round]);
  return { answer, again: () => again(undefined as never) };
}
