/** One product: how it should be, how many, and into the basket; or a line of the basket, changed. */

import { money } from "@ui/format";
import { Button, Empty, Field, Icon, Note, Skeleton, Stepper } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { say } from "@ui/toasts";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useDoc, useProgram } from "../../app/hooks";
import { begun, flawsOf, isMade, type Menu, unitPrice } from "../../app/menu";
import { type DraftLineDoc, likesOf, putIntoBasket, useBasket } from "../../app/orders";
import { back, go, href } from "../../app/router";
import { Screen } from "../../app/screen";
import { useMenu, useStore } from "../../app/stores";
import type { Product } from "../../app/wire";
import { Picture } from "./art";
import { Options } from "./options";
import { texts } from "./texts";

const MOST_PIECES = 99;
const LONGEST_NOTE = 200;

interface Parts {
  sku?: string;
  line?: string;
}

export default function Item({ parts }: { parts: Parts }) {
  const t = useTexts(texts);
  const { place } = useStore();
  const menu = useMenu(place);
  const { lines } = useBasket();
  const line = lines.find((each) => each.id === parts.line);
  const product = menu?.product(line?.sku ?? parts.sku ?? "");
  const up = parts.line === undefined ? "/order" : "/order/basket";
  if (menu === null) {
    return (
      <Screen title={t.title} up={up}>
        <Skeleton lines={5} label={t.loading} />
      </Screen>
    );
  }
  if (product === undefined) {
    const isGone = parts.line !== undefined && line === undefined;
    return (
      <Screen title={t.title} up={up}>
        <Empty
          icon="coffee"
          title={isGone ? t.gone : t.unknown}
          text={isGone ? t.goneText : t.unknownText}
          action={
            <a class="button" href={href("/order")}>
              {t.toMenu}
            </a>
          }
        />
      </Screen>
    );
  }
  return (
    <Screen title={words(product.name)} up={up} actions={<Heart product={product} />}>
      <Form key={line?.id ?? product.sku} menu={menu} product={product} line={line ?? null} />
    </Screen>
  );
}

function Heart({ product }: { product: Product }) {
  const t = useTexts(texts);
  const app = useApp();
  const isFavorite = useDoc(`favorite/${product.sku}`) !== undefined;
  const name = isFavorite ? "favorite.remove" : "favorite.add";
  return (
    <button
      type="button"
      class="button quiet bare heart"
      aria-pressed={isFavorite}
      aria-label={isFavorite ? t.unfavorite : t.favorite}
      onClick={() => void app.mutate(name, { sku: product.sku })}
    >
      <Icon name="heart" />
    </button>
  );
}

interface FormProps {
  menu: Menu;
  product: Product;
  line: DraftLineDoc | null;
}

/** What the person has chosen so far; nothing is written until they say so. */
function useChoice({ menu, product, line }: FormProps) {
  const app = useApp();
  const [options, setOptions] = useState(() => line?.options ?? begun(menu, product, likesOf(app)));
  const [quantity, setQuantity] = useState(line?.quantity ?? 1);
  const [note, setNote] = useState(line?.note ?? "");
  return { options, setOptions, quantity, setQuantity, note, setNote };
}

function Form({ menu, product, line }: FormProps) {
  const t = useTexts(texts);
  const choice = useChoice({ menu, product, line });
  const [isAsked, setAsked] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const currency = useProgram()?.currency ?? "USD";
  const item = {
    sku: product.sku,
    options: choice.options,
    quantity: choice.quantity,
    note: choice.note.trim(),
  };
  const flaws = flawsOf(menu, { ...item, id: "" });
  const save = useSave(product, line);
  const price = money((unitPrice(menu, item) ?? 0) * choice.quantity, currency);
  const isSold = isMade(menu, product);
  useEffect(() => {
    if (isAsked) form.current?.querySelector<HTMLInputElement>("[data-invalid] input")?.focus();
  }, [isAsked]);
  const submit = () => {
    if (flaws.length === 0) void save(item);
    // Asked again: what is missing is shown once more.
    setAsked(false);
    queueMicrotask(() => setAsked(true));
  };
  return (
    <form
      ref={form}
      class="item"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="item-picture">
        <Picture product={product} />
      </div>
      {product.text && <p>{words(product.text)}</p>}
      {!isSold && <Note kind="warn">{t.notMade}</Note>}
      <Nuts menu={menu} product={product} options={choice.options} />
      <Options
        menu={menu}
        product={product}
        chosen={choice.options}
        onChange={choice.setOptions}
        isAsked={isAsked}
      />
      <Field
        label={t.note}
        value={choice.note}
        placeholder={t.noteHint}
        maxLength={LONGEST_NOTE}
        onInput={choice.setNote}
      />
      <div class="item-bar">
        <Stepper
          label={t.quantity}
          value={choice.quantity}
          most={MOST_PIECES}
          onChange={choice.setQuantity}
        />
        <Button kind="primary" type="submit" disabled={!isSold}>
          {line === null ? t.add(price) : t.save(price)}
        </Button>
      </div>
    </form>
  );
}

/** Put it into the basket and go on where the person was. */
function useSave(product: Product, line: DraftLineDoc | null) {
  const t = useTexts(texts);
  const app = useApp();
  return async (item: { sku: string; options: string[]; quantity: number; note: string }) => {
    if (line === null) {
      await putIntoBasket(app, [item]);
      const see = { label: t.see, run: () => go("/order/basket") };
      say({ text: t.added(words(product.name)), kind: "good", action: see });
      back("/order");
      return;
    }
    const { sku: _same, ...said } = item;
    await app.mutate("draft.line.edit", { draft: line.draft, line: line.id, ...changed(line, said) });
    back("/order/basket");
  };
}

/** Only what is different: what another device changed meanwhile stays. */
function changed(line: DraftLineDoc, said: Pick<DraftLineDoc, "options" | "quantity" | "note">) {
  const differs = (name: keyof typeof said) => JSON.stringify(line[name]) !== JSON.stringify(said[name]);
  const names = (["options", "quantity", "note"] as const).filter(differs);
  return Object.fromEntries(names.map((name) => [name, said[name]]));
}

/** What somebody must not eat is said before they order it. */
function Nuts({ menu, product, options }: { menu: Menu; product: Product; options: readonly string[] }) {
  const t = useTexts(texts);
  const avoids = useDoc("dietary/no_nuts") !== undefined;
  const tags = [...(product.tags ?? []), ...options.flatMap((key) => menu.option(key)?.tags ?? [])];
  return avoids && tags.includes("nuts") ? <Note kind="warn">{t.nuts}</Note> : null;
}
