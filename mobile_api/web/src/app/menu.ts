/** What a product costs, what may be chosen with it, and what stands in the way of ordering it. Pure. */

import type { Shelves } from "./hooks";
import type { Item, OptionGroup, Product, StorePlace } from "./wire";

/** What one store sells, at its prices. */
export interface Menu extends Shelves {
  /** The store; null while none takes orders. */
  place: StorePlace | null;
  /** For one piece without options, in minor units. */
  price(product: Product): number;
}

/** Why a line cannot be ordered as it is; the same reasons as the server's `lines_unavailable`. */
export interface Flaw {
  line: string;
  sku: string;
  reason: "product" | "option" | "too_many" | "too_few";
  option: string | null;
  group: string | null;
}

export type Chosen = Pick<Item, "sku" | "options"> & { id: string };

export const least = (group: OptionGroup): number => group.min ?? 0;
export const most = (group: OptionGroup): number => group.max ?? group.options.length;

/** The chosen options that belong to a group, in the order in which the group lists them. */
export const chosenOf = (group: OptionGroup, options: readonly string[]): string[] =>
  group.options.flatMap((each) => (options.includes(each.key) ? [each.key] : []));

/** Return what one piece costs with its options; null where the product is not sold. */
export function unitPrice(menu: Menu, item: Pick<Item, "sku" | "options">): number | null {
  const product = menu.product(item.sku);
  if (product === undefined) return null;
  return item.options.reduce((sum, key) => sum + (menu.option(key)?.price_minor ?? 0), menu.price(product));
}

/** Whether a store makes a product ahead. */
export function isMade(menu: Menu, product: Product): boolean {
  const left = menu.place?.order_ahead?.not_skus ?? [];
  return (product.kind ?? "product") === "product" && !product.open_price && !left.includes(product.sku);
}

export function flawsOf(menu: Menu, line: Chosen): Flaw[] {
  const flaw = (reason: Flaw["reason"], about: Partial<Flaw> = {}): Flaw => ({
    line: line.id,
    sku: line.sku,
    reason,
    option: null,
    group: null,
    ...about,
  });
  const product = menu.product(line.sku);
  if (product === undefined || !isMade(menu, product)) return [flaw("product")];
  const groups = menu.groups(product);
  const known = new Set(groups.flatMap((group) => group.options.map((each) => each.key)));
  const strange = line.options.filter((key) => !known.has(key));
  return [
    ...strange.map((option) => flaw("option", { option })),
    ...groups.flatMap((group) => {
      const count = chosenOf(group, line.options).length;
      if (count > most(group)) return [flaw("too_many", { group: group.key })];
      return count < least(group) ? [flaw("too_few", { group: group.key })] : [];
    }),
  ];
}

/** How a member likes things: the value of a preference such as `milk`. */
export type Likes = (name: string) => string | null;

/** What is liked of a group: the preference has the group's name, with `_` for `-`. */
export function likedOf(group: OptionGroup, likes: Likes): string | null {
  const value = likes(group.key.replaceAll("-", "_"));
  return group.options.find((each) => each.key === value)?.key ?? null;
}

/** Complete a choice: what must be chosen and is not becomes what the member likes, else the first there is. */
export function completed(menu: Shelves, item: Pick<Item, "sku" | "options">, likes: Likes): string[] {
  const product = menu.product(item.sku);
  if (product === undefined) return [...item.options];
  const added = menu.groups(product).flatMap((group) => {
    const missing = least(group) - chosenOf(group, item.options).length;
    if (missing <= 0 || group.options.length === 0) return [];
    const liked = likedOf(group, likes);
    if (missing === 1 && most(group) === 1) return [liked ?? (group.options[0]?.key as string)];
    return liked === null ? [] : [liked];
  });
  return [...item.options, ...added];
}

/** What a product begins with: as the member likes it, and what must be chosen. */
export function begun(menu: Shelves, product: Product, likes: Likes): string[] {
  const liked = menu.groups(product).flatMap((group) => likedOf(group, likes) ?? []);
  return completed(menu, { sku: product.sku, options: liked }, likes);
}
