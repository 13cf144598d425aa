/** What came of the code: what was paid, what was earned, and why. */

import { money, points } from "@ui/format";
import { Button, Icon } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useAnswer, useProgram } from "../../app/hooks";
import { type Effect, Reasons } from "../../app/reasons";
import { href } from "../../app/router";
import type { SaleDoc } from "../../app/wire";
import { texts } from "./texts";

export function Done({ sale, onNext }: { sale: SaleDoc; onNext: () => void }) {
  const t = useTexts(texts);
  const program = useProgram();
  const { answer } = useAnswer<{ effects: Effect[] }>(`/sales/${sale.id}`);
  const name = program?.points.name;
  const currency = program?.currency ?? "USD";
  return (
    <section class="done" aria-live="assertive">
      <span class="done-mark">
        <Icon name="check" size={44} />
      </span>
      <dl class="done-numbers">
        <div>
          <dt>{t.paid}</dt>
          <dd data-testid="paid">{money(-sale.total_minor, currency, { sign: true })}</dd>
        </div>
        {sale.earned_milli > 0 && (
          <div>
            <dt>{t.collected}</dt>
            <dd data-testid="earned">{points(sale.earned_milli, name, { sign: true })}</dd>
          </div>
        )}
        {sale.spent_milli > 0 && (
          <div>
            <dt>{t.spent}</dt>
            <dd>{points(-sale.spent_milli, name, { sign: true })}</dd>
          </div>
        )}
      </dl>
      <Reasons effects={answer?.ok ? answer.data.effects : []} />
      <div class="buttons">
        <a class="button" href={href(`/receipts/${sale.id}`)}>
          {t.receipt}
        </a>
        <Button kind="primary" onClick={onNext}>
          {t.next}
        </Button>
      </div>
    </section>
  );
}
