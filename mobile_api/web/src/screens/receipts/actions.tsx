/** Share a receipt, or print it. */

import { date, money } from "@ui/format";
import { Button } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { say } from "@ui/toasts";
import { useCatalog, useProgram } from "../../app/hooks";
import type { Sale } from "./sale";
import { texts } from "./texts";

export function Actions({ sale }: { sale: Sale }) {
  const t = useTexts(texts);
  const program = useProgram();
  const catalog = useCatalog();
  const share = async () => {
    const place = words(catalog?.store(sale.store)?.name) || (sale.store ?? t.online);
    const text = plain(sale, program?.currency ?? "USD", place);
    // Not every browser can share; all can copy.
    if (navigator.share) await navigator.share({ title: place, text }).catch(() => {});
    else await navigator.clipboard.writeText(text).then(() => say(t.copied));
  };
  return (
    <span class="receipt-actions">
      <Button kind="quiet" icon="share" label={t.share} onClick={() => void share()} />
      <Button kind="quiet" icon="printer" label={t.print} onClick={() => print()} />
    </span>
  );
}

/** Return a receipt in plain text: as it is shared. */
function plain(sale: Sale, currency: string, place: string): string {
  const lines = sale.lines.map(
    (line) => `${line.quantity} × ${line.name}  ${money(line.net_minor, currency)}`,
  );
  return [
    `${place}, ${date(sale.occurred_at, "short")}`,
    ...lines,
    `= ${money(sale.total_minor, currency)}`,
  ].join("\n");
}
