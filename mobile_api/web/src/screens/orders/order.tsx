/** One order, until it is picked up: how far it is, the number, the code, and what it was. */

import { date, money, points } from "@ui/format";
import { Empty, Note, Skeleton } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useAnswer, useCatalog, useDoc, useProgram } from "../../app/hooks";
import { isOpen, type OrderDoc } from "../../app/orders";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import { Qr } from "../../codes/drawings";
import { useAwake } from "../../codes/use_code";
import { Acts } from "./acts";
import { Steps } from "./steps";
import { texts } from "./texts";

export default function Order({ parts }: { parts: { id: string } }) {
  const t = useTexts(texts);
  const doc = useDoc<OrderDoc>(`order/${parts.id}`);
  // An order that is too old to lie on the device is asked for.
  const { answer } = useAnswer<OrderDoc>(doc === undefined ? `/orders/${parts.id}` : null);
  const order = doc ?? (answer?.ok ? answer.data : undefined);
  if (order !== undefined) {
    return (
      <Screen title={t.title(order.number)} up="/orders">
        <Status order={order} />
      </Screen>
    );
  }
  return (
    <Screen title={t.list} up="/orders">
      {answer === null ? (
        <Skeleton lines={4} label={t.loading} />
      ) : (
        <Empty
          icon="coffee"
          title={t.missing}
          text={t.missingText}
          action={
            <a class="button" href={href("/orders")}>
              {t.toList}
            </a>
          }
        />
      )}
    </Screen>
  );
}

function Status({ order }: { order: OrderDoc }) {
  const t = useTexts(texts);
  const place = useCatalog()?.store(order.store);
  const at = date(order.pickup_at, "time", place?.timezone);
  return (
    <>
      <section class="order-head" aria-live="polite">
        <p class="order-say">{t.heads[order.state](at)}</p>
        {order.cancelled_by === "store" && order.cancel_reason && (
          <Note kind="warn">{t.cancelledByStore(order.cancel_reason)}</Note>
        )}
        <Steps order={order} />
      </section>
      {order.pickup_qr !== null && <PickupCode order={order} qr={order.pickup_qr} />}
      {isOpen(order) && (
        <p class="order-place">
          <strong>{t.at(words(place?.name) || order.store)}</strong>
          <span class="quiet-text">{place?.address}</span>
        </p>
      )}
      <Bought order={order} />
      <Acts order={order} />
    </>
  );
}

/** What is shown at the counter: bright and awake while it is on screen. */
function PickupCode({ order, qr }: { order: OrderDoc; qr: string }) {
  const t = useTexts(texts);
  useAwake();
  return (
    <section class="card pickup-code">
      <p class="quiet-text">{t.number}</p>
      <p class="pickup-number" data-testid="number">
        {order.number}
      </p>
      <Qr text={qr} label={t.qr} />
      {order.pickup_code && <p class="quiet-text">{t.code(order.pickup_code)}</p>}
    </section>
  );
}

function Bought({ order }: { order: OrderDoc }) {
  const t = useTexts(texts);
  const name = useProgram()?.points.name;
  return (
    <section class="card order-lines" aria-label={t.lines}>
      <h2 class="first">{t.lines}</h2>
      <ul>
        {order.lines.map((line) => (
          <li key={line.line} class="line">
            <span>
              {line.quantity} × {words(line.name)}
              {line.options.length > 0 && (
                <span class="row-detail">{line.options.map((each) => words(each.name)).join(", ")}</span>
              )}
              {line.note && <span class="row-detail">“{line.note}”</span>}
            </span>
            <span class="number">{money(line.net_minor, order.currency)}</span>
          </li>
        ))}
      </ul>
      {order.note && (
        <p class="quiet-text">
          {t.note}: “{order.note}”
        </p>
      )}
      <p class="line sum-total">
        <strong>
          {t.paid} {order.tenders.some((each) => each.kind === "wallet") && t.wallet}
        </strong>
        <strong class="number" data-testid="paid">
          {money(order.total_minor, order.currency)}
        </strong>
      </p>
      {order.earned_milli > 0 && order.state !== "cancelled" && (
        <p class="line">
          <span>{t.earned}</span>
          <span class="number">{points(order.earned_milli, name, { sign: true })}</span>
        </p>
      )}
    </section>
  );
}
