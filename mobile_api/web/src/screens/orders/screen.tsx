/** Orders: those on their way, and those of before. */

import { date, money } from "@ui/format";
import { Button, Empty, Note, Row, Rows } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { useApp, useCatalog, useDocs } from "../../app/hooks";
import { isOpen, type OrderDoc } from "../../app/orders";
import { sentence } from "../../app/refusals";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import { texts } from "./texts";

/** The server keeps so many on the device; older ones are read page by page. */
const KEPT = 20;

export default function Orders() {
  const t = useTexts(texts);
  const docs = useDocs<OrderDoc>("order").map(([, doc]) => doc);
  const older = useOlder();
  const known = new Set(docs.map((each) => each.id));
  const all = [...docs, ...older.orders.filter((each) => !known.has(each.id))];
  all.sort((one, two) => Date.parse(two.placed_at) - Date.parse(one.placed_at));
  if (all.length === 0) {
    const action = (
      <a class="button primary" href={href("/order")}>
        {t.toMenu}
      </a>
    );
    return (
      <Screen title={t.list} up="/">
        <Empty icon="coffee" title={t.none} text={t.noneText} action={action} />
      </Screen>
    );
  }
  return (
    <Screen title={t.list} up="/">
      <Group title={t.open} orders={all.filter(isOpen)} />
      <Group title={t.past} orders={all.filter((each) => !isOpen(each))} />
      {older.problem && <Note kind="bad">{sentence(older.problem)}</Note>}
      {docs.length >= KEPT && !older.isEnd && (
        <Button busy={older.isBusy} onClick={() => void older.more()}>
          {t.older}
        </Button>
      )}
    </Screen>
  );
}

function Group({ title, orders }: { title: string; orders: OrderDoc[] }) {
  const t = useTexts(texts);
  const catalog = useCatalog();
  if (!orders.length) return null;
  return (
    <>
      <h2>{title}</h2>
      <Rows label={title}>
        {orders.map((order) => (
          <Row
            key={order.id}
            icon="coffee"
            title={`${order.number} · ${t.states[order.state]}`}
            detail={
              <>
                {date(order.placed_at, "moment")} · {words(catalog?.store(order.store)?.name) || order.store}
                <br />
                {order.lines.map((each) => `${each.quantity} × ${words(each.name)}`).join(", ")}
              </>
            }
            end={money(order.total_minor, order.currency)}
            href={href(`/orders/${order.id}`)}
          />
        ))}
      </Rows>
    </>
  );
}

interface Page {
  items: OrderDoc[];
  next: string | null;
}

function useOlder() {
  const app = useApp();
  const [orders, setOrders] = useState<OrderDoc[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const more = async () => {
    setBusy(true);
    const cursor = next ? `&cursor=${encodeURIComponent(next)}` : "";
    const answer = await app.api.get<Page>(`/orders?limit=50${cursor}`);
    setBusy(false);
    setProblem(answer.ok ? null : answer.problem);
    if (!answer.ok) return;
    setOrders([...orders, ...answer.data.items]);
    setNext(answer.data.next);
  };
  return { orders, isEnd: next === null, problem, isBusy, more };
}
