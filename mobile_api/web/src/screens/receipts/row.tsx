/** A past sale in one line of a list. */

import { date, money, points } from "@ui/format";
import { Row } from "@ui/parts";
import { both, useTexts, words } from "@ui/texts";
import { useCatalog, useProgram } from "../../app/hooks";
import { href } from "../../app/router";
import type { SaleDoc } from "../../app/wire";

const texts = both({
  en: { online: "Online", returned: "returned", voided: "cancelled" },
  fr: { online: "En ligne", returned: "retourné", voided: "annulé" },
});

export function SaleRow({ sale }: { sale: SaleDoc }) {
  const t = useTexts(texts);
  const program = useProgram();
  const catalog = useCatalog();
  const place = words(catalog?.store(sale.store)?.name) || (sale.store ?? t.online);
  const what = sale.lines
    .map((line) => (line.quantity > 1 ? `${line.quantity} × ${line.name}` : line.name))
    .join(", ");
  const earned = sale.earned_milli ? points(sale.earned_milli, program?.points.name, { sign: true }) : "";
  return (
    <Row
      icon="receipt"
      title={place}
      detail={
        <>
          {date(sale.occurred_at, "moment")} · {what}
        </>
      }
      end={
        <>
          {money(sale.total_minor, program?.currency ?? "USD")}
          <span class="row-detail">{sale.returned_minor ? t.returned : earned}</span>
        </>
      }
      href={href(`/receipts/${sale.id}`)}
    />
  );
}
