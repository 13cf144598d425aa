/** The lines of the basket: how many, changed, taken out and put back. */

import { money } from "@ui/format";
import { Button, Icon, Stepper } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { say } from "@ui/toasts";
import { useApp, useProgram } from "../../app/hooks";
import { type Flaw, type Menu, unitPrice } from "../../app/menu";
import type { DraftDoc, DraftLineDoc } from "../../app/orders";
import { go } from "../../app/router";
import { uid } from "../../sync/replica";
import { Picture } from "./art";
import { texts } from "./basket_texts";
import type { Quote } from "./use_quote";

interface LinesProps {
  draft: DraftDoc;
  lines: DraftLineDoc[];
  menu: Menu;
  flaws: Flaw[];
  /** As the server prices these very lines; null while it is not known. */
  quote: Quote | null;
}

export function Lines({ draft, lines, menu, flaws, quote }: LinesProps) {
  const t = useTexts(texts);
  return (
    <ul class="rows lines" aria-label={t.lines}>
      {lines.map((line) => (
        <Line
          key={line.id}
          draft={draft}
          line={line}
          menu={menu}
          flaw={flaws.find((each) => each.line === line.id)}
          quoted={quote?.lines.find((each) => each.line === line.id)}
        />
      ))}
    </ul>
  );
}

interface LineProps {
  draft: DraftDoc;
  line: DraftLineDoc;
  menu: Menu;
  flaw: Flaw | undefined;
  quoted: Quote["lines"][number] | undefined;
}

export const nameOf = (menu: Menu, sku: string): string => words(menu.product(sku)?.name) || sku;

function Line({ draft, line, menu, flaw, quoted }: LineProps) {
  const t = useTexts(texts);
  const app = useApp();
  const product = menu.product(line.sku);
  const name = nameOf(menu, line.sku);
  const options = line.options
    .map((key) => words(menu.option(key)?.name))
    .filter(Boolean)
    .join(", ");
  const edit = () => go(`/order/line/${line.id}`);
  return (
    <li class="row line-row">
      <span class="line-picture">{product && <Picture product={product} />}</span>
      <div class="row-text">
        <span class="row-title">{name}</span>
        {options && <span class="row-detail">{options}</span>}
        {line.note && <span class="row-detail">“{line.note}”</span>}
        {flaw && (
          <p class="error">
            {t.flaws[flaw.reason]} {flaw.reason !== "product" && <Button onClick={edit}>{t.choose}</Button>}
          </p>
        )}
      </div>
      <Price line={line} menu={menu} quoted={quoted} />
      <div class="line-acts">
        <Stepper
          label={t.quantity(name)}
          value={line.quantity}
          onChange={(quantity) =>
            void app.mutate("draft.line.edit", { draft: draft.id, line: line.id, quantity })
          }
        />
        <span class="line-buttons">
          <Button kind="quiet" icon="pencil" label={t.edit(name)} onClick={edit} />
          <Remove draft={draft} line={line} name={name} />
        </span>
      </div>
    </li>
  );
}

function Price({ line, menu, quoted }: Pick<LineProps, "line" | "menu" | "quoted">) {
  const currency = useProgram()?.currency ?? "USD";
  const listed = (unitPrice(menu, line) ?? 0) * line.quantity;
  const net = quoted?.net_minor ?? listed;
  const gross = quoted ? quoted.net_minor + quoted.discount_minor : listed;
  return (
    <span class="row-end line-price">
      {gross > net && <s class="quiet-text">{money(gross, currency)}</s>} {money(net, currency)}
    </span>
  );
}

function Remove({ draft, line, name }: { draft: DraftDoc; line: DraftLineDoc; name: string }) {
  const t = useTexts(texts);
  const app = useApp();
  const { sku, options, quantity, note } = line;
  const remove = async () => {
    await app.mutate("draft.line.remove", { draft: draft.id, line: line.id });
    // A line that was taken out stays out: what comes back is a new one.
    const args = { draft: draft.id, line: uid(Date.now()), sku, options, quantity, note };
    const undo = { label: t.undo, run: () => void app.mutate("draft.line.add", args) };
    say({ text: t.removed(name), action: undo });
  };
  return (
    <button type="button" class="button quiet bare" aria-label={t.remove(name)} onClick={() => void remove()}>
      <Icon name="trash" size={20} />
    </button>
  );
}
