/** What a claimed visit brought, and why. */

import { money, points } from "@ui/format";
import { Button, Icon } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useCatalog, useProgram } from "../../app/hooks";
import { type Effect, isSaid, Reasons } from "../../app/reasons";
import { href } from "../../app/router";
import { texts } from "./texts";

/** The receipt of a claimed sale, as far as it is shown. */
export interface ClaimedSale {
  sale: string;
  store: string | null;
  total_minor: number;
  currency: string;
  earned_milli: number;
  effects: Effect[];
}

export function Claimed({ sale, onNext }: { sale: ClaimedSale; onNext: () => void }) {
  const t = useTexts(texts);
  const program = useProgram();
  const catalog = useCatalog();
  const place = words(catalog?.store(sale.store)?.name) || t.online;
  return (
    <section class="done" aria-live="assertive">
      <span class="done-mark">
        <Icon name="check" size={44} />
      </span>
      <p class="big" data-testid="claimed">
        {points(sale.earned_milli, program?.points.name, { sign: true })}
      </p>
      <p class="quiet-text">{t.paid(money(sale.total_minor, sale.currency), place)}</p>
      {sale.effects.some(isSaid) ? <Reasons effects={sale.effects} /> : <p>{t.nothing}</p>}
      <div class="buttons">
        <a class="button" href={href(`/receipts/${sale.sale}`)}>
          {t.receipt}
        </a>
        <Button kind="primary" onClick={onNext}>
          {t.next}
        </Button>
      </div>
    </section>
  );
}
