/** What was bought: lines with options, what was taken off and why, what came back; and how it was paid. */

import { money, points } from "@ui/format";
import { useTexts, words } from "@ui/texts";
import { useCatalog, useProgram } from "../../app/hooks";
import type { Line, Sale } from "./sale";
import { tender, texts } from "./texts";

export function Lines({ sale }: { sale: Sale }) {
  const t = useTexts(texts);
  return (
    <section aria-label={t.items}>
      <ul class="receipt-lines" aria-label={t.items}>
        {sale.lines.map((line) => (
          <ReceiptLine key={line.line} line={line} sale={sale} />
        ))}
      </ul>
    </section>
  );
}

function ReceiptLine({ line, sale }: { line: Line; sale: Sale }) {
  const t = useTexts(texts);
  const program = useProgram();
  const catalog = useCatalog();
  const currency = program?.currency ?? "USD";
  const options = line.options.map((key) => words(catalog?.option(key)?.name) || key).join(", ");
  const gross = line.unit_price_minor * line.quantity;
  const reasons = sale.effects.filter((each) => each.amount_minor < 0 && each.lines.includes(line.line));
  const isBack = line.returned_quantity >= line.quantity;
  return (
    <li class={isBack ? "receipt-line back" : "receipt-line"}>
      <p class="line">
        <strong class="receipt-name">
          {line.quantity > 1 && `${line.quantity} × `}
          {line.name}
        </strong>
        <span class="number">{money(gross, currency)}</span>
      </p>
      {options && <p class="quiet-text">{options}</p>}
      {line.quantity > 1 && (
        <p class="quiet-text">
          {line.quantity} × {money(line.unit_price_minor, currency)}
        </p>
      )}
      {line.discount_minor > 0 && (
        <p class="line receipt-discount">
          <span>{reasons.map((each) => each.text).join(" · ") || t.discount}</span>
          <span class="number">{money(-line.discount_minor, currency)}</span>
        </p>
      )}
      <p class="receipt-foot">
        {line.earned_milli > 0 && (
          <span class="quiet-text">{points(line.earned_milli, program?.points.name, { sign: true })}</span>
        )}
        {line.returned_quantity > 0 && (
          <span class="badge warn">{t.returnedOf(line.returned_quantity, line.quantity)}</span>
        )}
      </p>
    </li>
  );
}

/** What it came to, and by which means it was paid. */
export function LineSums({ sale }: { sale: Sale }) {
  const t = useTexts(texts);
  const currency = useProgram()?.currency ?? "USD";
  return (
    <section aria-label={t.total} class="receipt-sums">
      {sale.discount_minor > 0 && (
        <>
          <p class="line">
            <span>{t.subtotal}</span>
            <span class="number">{money(sale.gross_minor, currency)}</span>
          </p>
          <p class="line">
            <span>{t.discount}</span>
            <span class="number">{money(-sale.discount_minor, currency)}</span>
          </p>
        </>
      )}
      <p class="line receipt-total">
        <strong>{t.total}</strong>
        <strong class="number" data-testid="total">
          {money(sale.total_minor, currency)}
        </strong>
      </p>
      {sale.tenders.map((each) => (
        <p class="line quiet-text" key={`${each.kind}/${each.amount_minor}`}>
          <span>{tender(each.kind, t.tenders)}</span>
          <span class="number">{money(each.amount_minor, currency)}</span>
        </p>
      ))}
    </section>
  );
}
