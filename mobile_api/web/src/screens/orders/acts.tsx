/** What can be done with an order: again, its receipt, cancelled while nobody has begun it. */

import { money, points } from "@ui/format";
import { Button, Note, Sheet } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useAppState, useProgram } from "../../app/hooks";
import type { OrderDoc } from "../../app/orders";
import { sentence } from "../../app/refusals";
import { go, href } from "../../app/router";
import { uid } from "../../sync/replica";
import { texts } from "./texts";

export function Acts({ order }: { order: OrderDoc }) {
  const t = useTexts(texts);
  const app = useAppState();
  const again = useAgain(order);
  const [isAsked, setAsked] = useState(false);
  const isOffline = !app.health.online;
  return (
    <section class="stack">
      <div class="buttons">
        <Button
          kind="primary"
          icon="refresh"
          busy={again.isBusy}
          disabled={isOffline}
          onClick={() => void again.run()}
        >
          {t.reorder}
        </Button>
        <a class="button" href={href(`/receipts/${order.sale}`)}>
          {t.receipt}
        </a>
      </div>
      {order.can_cancel && (
        <Button kind="danger" disabled={isOffline} onClick={() => setAsked(true)}>
          {t.cancel}
        </Button>
      )}
      {isOffline && <Note icon="wifi-off">{t.offline}</Note>}
      {isAsked && <Cancel order={order} onClose={() => setAsked(false)} />}
    </section>
  );
}

/** Say what comes back before it is done. */
function Cancel({ order, onClose }: { order: OrderDoc; onClose: () => void }) {
  const t = useTexts(texts);
  const app = useAppState();
  const name = useProgram()?.points.name;
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const cancel = async () => {
    setBusy(true);
    const answer = await app.api.post<OrderDoc>(`/orders/${order.id}/cancel`);
    await app.refresh();
    setBusy(false);
    if (!answer.ok) {
      setError(sentence(answer.problem, order.currency, { order_state: t.tooLate }));
      return;
    }
    say({ text: t.cancelled, kind: "good" });
    onClose();
  };
  const paid = order.tenders.reduce((sum, each) => sum + each.amount_minor, 0);
  return (
    <Sheet title={t.cancelTitle} onClose={onClose}>
      <p>{t.cancelText}</p>
      <ul class="reasons">
        {paid > 0 && <li>{t.backMoney(money(paid, order.currency))}</li>}
        {order.spent_milli > 0 && <li>{t.backPoints(points(order.spent_milli, name))}</li>}
        {order.discount_minor > 0 && <li>{t.backRewards}</li>}
        {order.earned_milli > 0 && <li>{t.takenPoints(points(order.earned_milli, name))}</li>}
      </ul>
      {error && <Note kind="bad">{error}</Note>}
      <div class="buttons">
        <Button onClick={onClose}>{t.keep}</Button>
        <Button kind="danger" busy={isBusy} onClick={() => void cancel()}>
          {t.cancel}
        </Button>
      </div>
    </Sheet>
  );
}

interface Again {
  draft: string;
  missing: { name: string; reason: string }[];
}

/** Put the same into a new basket; what is not sold any more is named. */
function useAgain(order: OrderDoc) {
  const t = useTexts(texts);
  const app = useAppState();
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    const body = { sale: order.sale, draft: uid(Date.now()), store: order.store };
    const answer = await app.api.post<Again>("/reorders", body);
    await app.refresh();
    setBusy(false);
    if (!answer.ok) {
      say({ text: sentence(answer.problem, order.currency), kind: "bad" });
      return;
    }
    const [gone] = answer.data.missing.filter((each) => each.reason === "product");
    if (gone) say({ text: t.missingItem(gone.name), kind: "bad" });
    else if (answer.data.missing.length > 0) say({ text: t.check, kind: "bad" });
    go("/order/basket");
  };
  return { isBusy, run };
}
