/** Products as somebody takes them, put together: what, how many, with which options. */

import { Button, Check, Stepper } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useId } from "preact/hooks";
import { type Shelves, useCatalog } from "../../app/hooks";
import type { Item, OptionGroup, Product } from "../../app/wire";
import { texts } from "./texts";

const MOST_ITEMS = 5;
const MOST_PIECES = 20;

interface ItemsProps {
  items: readonly Item[];
  onChange: (items: Item[]) => void;
}

export function Items({ items, onChange }: ItemsProps) {
  const t = useTexts(texts);
  const catalog = useCatalog();
  if (catalog === null) return <p>{t.noCatalog}</p>;
  const change = (place: number, item: Item | null) =>
    onChange(items.flatMap((each, at) => (at !== place ? [each] : item === null ? [] : [item])));
  return (
    <>
      {items.map((item, place) => (
        <OneItem
          key={`${place} ${item.sku}`}
          item={item}
          catalog={catalog}
          onChange={(next) => change(place, next)}
        />
      ))}
      {items.length < MOST_ITEMS ? (
        <AddProduct catalog={catalog} onAdd={(product) => onChange([...items, plain(product, catalog)])} />
      ) : (
        <p class="quiet-text">{t.most}</p>
      )}
    </>
  );
}

/** A product as it comes when nothing is asked for: the first of each choice that has to be made. */
function plain(product: Product, catalog: Shelves): Item {
  const options = catalog
    .groups(product)
    .flatMap((group) => group.options.slice(0, group.min ?? 0).map((each) => each.key));
  return { sku: product.sku, options: options.sort(), quantity: 1 };
}

function AddProduct({ catalog, onAdd }: { catalog: Shelves; onAdd: (product: Product) => void }) {
  const t = useTexts(texts);
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{t.addProduct}</label>
      <select
        id={id}
        value=""
        onChange={(event) => {
          const product = catalog.product(event.currentTarget.value);
          event.currentTarget.value = "";
          if (product) onAdd(product);
        }}
      >
        <option value="">{t.product}</option>
        {catalog.categories.map((category) => (
          <optgroup key={category.key} label={words(category.name)}>
            {catalog.products
              .filter((each) => each.category === category.key && !each.open_price)
              .map((each) => (
                <option key={each.sku} value={each.sku}>
                  {words(each.name)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </div>
  );
}

interface OneItemProps {
  item: Item;
  catalog: Shelves;
  onChange: (item: Item | null) => void;
}

function OneItem({ item, catalog, onChange }: OneItemProps) {
  const t = useTexts(texts);
  const product = catalog.product(item.sku);
  const name = words(product?.name) || item.sku;
  return (
    <section class="card stack" aria-label={name}>
      <div class="form-row">
        <strong>{name}</strong>
        <Button kind="quiet" icon="trash" label={t.removeItem(name)} onClick={() => onChange(null)} />
      </div>
      {product &&
        catalog
          .groups(product)
          .map((group) => (
            <Group
              key={group.key}
              group={group}
              chosen={item.options}
              onChange={(options) => onChange({ ...item, options })}
            />
          ))}
      <Stepper
        label={t.quantity(name)}
        value={item.quantity}
        most={MOST_PIECES}
        onChange={(quantity) => onChange({ ...item, quantity })}
      />
    </section>
  );
}

interface GroupProps {
  group: OptionGroup;
  chosen: readonly string[];
  onChange: (options: string[]) => void;
}

/** One of a few in a list; several of them as ticks. */
function Group({ group, chosen, onChange }: GroupProps) {
  const t = useTexts(texts);
  const id = useId();
  const own = group.options.map((each) => each.key);
  const mine = chosen.filter((key) => own.includes(key));
  const set = (keys: string[]) => onChange([...chosen.filter((key) => !own.includes(key)), ...keys].sort());
  if ((group.max ?? 1) > 1) {
    return (
      <fieldset class="tags">
        <legend>{words(group.name)}</legend>
        {group.options.map((each) => (
          <Check
            key={each.key}
            label={words(each.name)}
            checked={mine.includes(each.key)}
            disabled={!mine.includes(each.key) && mine.length >= (group.max ?? 1)}
            onChange={(is) => set(is ? [...mine, each.key] : mine.filter((key) => key !== each.key))}
          />
        ))}
      </fieldset>
    );
  }
  return (
    <div class="field">
      <label for={id}>{words(group.name)}</label>
      <select
        id={id}
        value={mine[0] ?? ""}
        onChange={(event) => set(event.currentTarget.value ? [event.currentTarget.value] : [])}
      >
        {(group.min ?? 0) === 0 && <option value="">{t.none}</option>}
        {group.options.map((each) => (
          <option key={each.key} value={each.key}>
            {words(each.name)}
          </option>
        ))}
      </select>
    </div>
  );
}
