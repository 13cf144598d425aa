/** The usual of each time of day: learned from visits, or chosen; offered, or not. */

import { Button, Row, Rows, Sheet } from "@ui/parts";
import { currentLocale, useTexts, words } from "@ui/texts";
import { useState } from "preact/hooks";
import { type Shelves, useApp, useCatalog, useDocs } from "../../app/hooks";
import type { Item, Usual as UsualDoc } from "../../app/wire";
import { Items } from "./items";
import { BEGINS, SLOTS, type Slot } from "./names";
import { texts } from "./texts";

/** Write items as they are ordered: `2 × Latte (Large, Oat drink)`. */
export function itemsText(items: readonly Item[], catalog: Shelves | null): string {
  return items
    .map((item) => {
      const name = words(catalog?.product(item.sku)?.name) || item.sku;
      const options = item.options.map((key) => words(catalog?.option(key)?.name) || key).join(", ");
      return `${item.quantity > 1 ? `${item.quantity} × ` : ""}${name}${options && ` (${options})`}`;
    })
    .join(", ");
}

/** Write an hour as the locale does: `4 AM`, `04 h`. */
function hour(of: number): string {
  const format = new Intl.DateTimeFormat(currentLocale(), { hour: "numeric", timeZone: "UTC" });
  return format.format(new Date(Date.UTC(2000, 0, 1, of)));
}

export function Usuals() {
  const t = useTexts(texts);
  const catalog = useCatalog();
  const docs = new Map(useDocs<UsualDoc>("usual").map(([, doc]) => [doc.slot, doc]));
  const [open, setOpen] = useState<Slot | null>(null);
  const state = (doc: UsualDoc | undefined) => {
    if (!doc?.items.length) return null;
    return doc.hidden ? t.hidden : doc.source === "chosen" ? t.chosen : t.learned;
  };
  return (
    <>
      <h2>{t.usual}</h2>
      <p class="quiet-text">{t.usualText}</p>
      <Rows label={t.usual}>
        {SLOTS.map((slot) => {
          const doc = docs.get(slot);
          const is = state(doc);
          return (
            <Row
              key={slot}
              icon="clock"
              title={`${t.slots[slot]}, ${t.from(hour(BEGINS[slot]))}`}
              detail={
                <>
                  {doc?.items.length ? itemsText(doc.items, catalog) : t.unknown} {is && <em>{is}</em>}
                </>
              }
              onClick={() => setOpen(slot)}
            />
          );
        })}
      </Rows>
      {open && <Edit key={open} slot={open} doc={docs.get(open)} onClose={() => setOpen(null)} />}
    </>
  );
}

function Edit({ slot, doc, onClose }: { slot: Slot; doc: UsualDoc | undefined; onClose: () => void }) {
  const t = useTexts(texts);
  const app = useApp();
  const [items, setItems] = useState<Item[]>(doc?.items ?? []);
  const isSame = JSON.stringify(items) === JSON.stringify(doc?.items ?? []);
  const act = (name: string, args: Record<string, unknown> = {}) => {
    void app.mutate(name, { slot, ...args });
    onClose();
  };
  return (
    <Sheet title={t.slots[slot]} onClose={onClose}>
      <div class="stack">
        <Items items={items} onChange={setItems} />
        <Button
          kind="primary"
          wide
          disabled={items.length === 0 || (isSame && doc?.source === "chosen")}
          onClick={() => act("usual.set", { items })}
        >
          {t.saveUsual}
        </Button>
        {doc?.source === "chosen" && doc.items.length > 0 && (
          <Button wide icon="refresh" onClick={() => act("usual.forget")}>
            {t.forget}
          </Button>
        )}
        {doc && doc.items.length > 0 && (
          <Button kind="quiet" wide onClick={() => act(doc.hidden ? "usual.show" : "usual.hide")}>
            {doc.hidden ? t.show : t.hide}
          </Button>
        )}
      </div>
    </Sheet>
  );
}
