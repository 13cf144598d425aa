/** Order ahead: a store, its menu, and the way to the basket. */

import { money } from "@ui/format";
import { Button, Empty, Field, Icon, Skeleton } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useState } from "preact/hooks";
import { useAppState, useDocs, useProgram } from "../../app/hooks";
import { type Menu, unitPrice } from "../../app/menu";
import { useBasket } from "../../app/orders";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import { useMenu, useStore } from "../../app/stores";
import type { Product } from "../../app/wire";
import { Usual } from "../home/usual";
import { Cards, ProductCard } from "./cards";
import { Continue } from "./continue";
import { Shelf } from "./shelf";
import { StoreBar } from "./stores";
import { texts } from "./texts";

export default function Order() {
  const t = useTexts(texts);
  const { place, choose } = useStore();
  const menu = useMenu(place);
  const [wanted, setWanted] = useState("");
  return (
    <Screen
      title={t.title}
      actions={
        <a class="button quiet bare" href={href("/orders")} aria-label={t.orders}>
          <Icon name="receipt" />
        </a>
      }
    >
      <StoreBar place={place} choose={choose} />
      <Continue />
      {menu === null ? (
        <NoMenu />
      ) : (
        <>
          <Field
            label={t.search}
            type="search"
            value={wanted}
            placeholder={t.searchHint}
            onInput={setWanted}
          />
          {wanted.trim() ? (
            <Found menu={menu} wanted={wanted} clear={() => setWanted("")} />
          ) : (
            <>
              <Usual />
              <Favorites menu={menu} />
              <Shelf menu={menu} />
            </>
          )}
          <BasketBar menu={menu} />
        </>
      )}
    </Screen>
  );
}

/** The first visit without a network: there is nothing to show yet. */
function NoMenu() {
  const t = useTexts(texts);
  const app = useAppState();
  if (app.health.online && app.health.sync.kind !== "unheard")
    return <Skeleton lines={6} label={t.loading} />;
  return (
    <Empty
      icon="wifi-off"
      title={t.noMenu}
      text={t.noMenuText}
      action={<Button onClick={() => void app.renew()}>{t.again}</Button>}
    />
  );
}

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Every word of what was typed is somewhere in the name, its category, or its options' names. */
function matching(menu: Menu, wanted: string): Product[] {
  const asked = plain(wanted).split(/\s+/).filter(Boolean);
  const categories = new Map(menu.categories.map((each) => [each.key, words(each.name)]));
  return menu.products.filter((product) => {
    const text = plain(`${words(product.name)} ${categories.get(product.category) ?? ""}`);
    return asked.every((word) => text.includes(word));
  });
}

function Found({ menu, wanted, clear }: { menu: Menu; wanted: string; clear: () => void }) {
  const t = useTexts(texts);
  const found = matching(menu, wanted);
  return (
    <>
      <p role="status" class="quiet-text">
        {found.length > 0 && t.found(found.length)}
      </p>
      {found.length > 0 ? (
        <Cards menu={menu} products={found} label={t.found(found.length)} />
      ) : (
        <Empty
          icon="search"
          title={t.nothing}
          text={t.nothingText}
          action={<Button onClick={clear}>{t.clear}</Button>}
        />
      )}
    </>
  );
}

function Favorites({ menu }: { menu: Menu }) {
  const t = useTexts(texts);
  const products = useDocs<{ sku: string }>("favorite").flatMap(([, doc]) => menu.product(doc.sku) ?? []);
  if (!products.length) return null;
  return (
    <>
      <h2>{t.favorites}</h2>
      <ul class="strip favorites" aria-label={t.favorites}>
        {products.map((product) => (
          <li key={product.sku}>
            <ProductCard menu={menu} product={product} />
          </li>
        ))}
      </ul>
    </>
  );
}

function BasketBar({ menu }: { menu: Menu }) {
  const t = useTexts(texts);
  const program = useProgram();
  const { lines, count } = useBasket();
  if (count === 0) return null;
  const total = lines.reduce((sum, line) => sum + (unitPrice(menu, line) ?? 0) * line.quantity, 0);
  return (
    <a class="button primary basket-bar" href={href("/order/basket")}>
      <Icon name="shopping-bag" size={22} />
      <span>
        {t.toBasket} · {t.basket(count)}
      </span>
      <strong class="number">{money(total, program?.currency ?? "USD")}</strong>
    </a>
  );
}
