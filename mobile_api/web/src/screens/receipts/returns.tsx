/** What came back of a sale: the goods, the money and where it went, the points that went and came. */

import { date, money, points } from "@ui/format";
import { useTexts } from "@ui/texts";
import { useProgram } from "../../app/hooks";
import type { Return, Sale } from "./sale";
import { tender, texts } from "./texts";

export function Returns({ sale }: { sale: Sale }) {
  const t = useTexts(texts);
  if (sale.returns.length === 0) return null;
  return (
    <section aria-label={t.back} class="receipt-back">
      <h2>{t.back}</h2>
      {sale.returns.map((each) => (
        <OneReturn key={each.return} back={each} sale={sale} />
      ))}
    </section>
  );
}

function OneReturn({ back, sale }: { back: Return; sale: Sale }) {
  const t = useTexts(texts);
  const program = useProgram();
  const currency = program?.currency ?? "USD";
  const name = program?.points.name;
  const goods = back.lines.map(({ line, quantity }) => {
    const title = sale.lines.find((each) => each.line === line)?.name ?? line;
    return quantity > 1 ? `${quantity} × ${title}` : title;
  });
  return (
    <div class="receipt-return">
      <p class="line">
        <strong>{goods.join(", ")}</strong>
        <span class="quiet-text">{date(back.occurred_at, "moment")}</span>
      </p>
      <ul>
        {back.refunds
          .filter((each) => each.amount_minor > 0)
          .map((each) => (
            <li key={each.kind}>{t.money(money(each.amount_minor, currency), tender(each.kind, t.to))}</li>
          ))}
        {back.taken_milli > 0 && <li>{t.taken(points(back.taken_milli, name))}</li>}
        {back.restored_milli > 0 && <li>{t.restored(points(back.restored_milli, name))}</li>}
      </ul>
    </div>
  );
}
