/** Products as cards: a picture, a name, a price, a heart. */

import { money } from "@ui/format";
import { Icon } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useDoc, useProgram } from "../../app/hooks";
import { isMade, least, type Menu } from "../../app/menu";
import { href } from "../../app/router";
import type { Product } from "../../app/wire";
import { Picture } from "./art";
import { texts } from "./texts";

export function Cards({
  menu,
  products,
  label,
}: {
  menu: Menu;
  products: readonly Product[];
  label: string;
}) {
  return (
    <ul class="cards" aria-label={label}>
      {products.map((product) => (
        <li key={product.sku}>
          <ProductCard menu={menu} product={product} />
        </li>
      ))}
    </ul>
  );
}

export function ProductCard({ menu, product }: { menu: Menu; product: Product }) {
  const t = useTexts(texts);
  const currency = useProgram()?.currency ?? "USD";
  const isFavorite = useDoc(`favorite/${product.sku}`) !== undefined;
  const price = money(menu.price(product) + cheapest(menu, product), currency);
  const varies = menu
    .groups(product)
    .some((group) => least(group) > 0 && group.options.some((each) => each.price_minor));
  return (
    <a class={isMade(menu, product) ? "product" : "product unmade"} href={href(`/order/item/${product.sku}`)}>
      <Picture product={product} />
      <span class="product-text">
        <span class="product-name">{words(product.name)}</span>
        <span class="product-price number">
          {isMade(menu, product) ? (varies ? t.from(price) : price) : t.notHere}
        </span>
      </span>
      {isFavorite && (
        <span class="product-heart">
          <Icon name="heart" size={18} label={t.favorites} />
        </span>
      )}
    </a>
  );
}

/** What the required choices cost at least. */
function cheapest(menu: Menu, product: Product): number {
  return menu.groups(product).reduce((sum, group) => {
    const prices = group.options.map((each) => each.price_minor ?? 0).sort((one, two) => one - two);
    return sum + prices.slice(0, least(group)).reduce((part, price) => part + price, 0);
  }, 0);
}
