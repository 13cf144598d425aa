/** All past sales: the newest are on this device, older ones are asked for page by page. */

import { date } from "@ui/format";
import { Button, Empty, Note, Row, Rows } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { useAppState, useDocs } from "../../app/hooks";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import type { SaleDoc } from "../../app/wire";
import { SaleRow } from "./row";
import { texts } from "./texts";

/** So many are synchronized; where there are fewer, there are no older ones. */
const SYNCED = 50;

export default function Receipts() {
  const t = useTexts(texts);
  const app = useAppState();
  const synced = useDocs<SaleDoc>("sale").map(([, doc]) => doc);
  const older = useOlder(synced);
  const sales = [...synced, ...older.sales].sort((one, two) =>
    two.occurred_at.localeCompare(one.occurred_at),
  );
  const hasMore = synced.length >= SYNCED && !older.isOver;
  return (
    <Screen title={t.title} up="/me">
      <Rows label={t.claim}>
        <Row icon="scan" title={t.claim} detail={t.claimText} href={href("/claim")} />
      </Rows>
      {sales.length === 0 && <Empty icon="receipt" title={t.noneTitle} text={t.none} />}
      {months(sales).map(([month, those]) => (
        <section key={month} class="stack" aria-label={month}>
          <h2>{month}</h2>
          <Rows label={month}>
            {those.map((sale) => (
              <SaleRow key={sale.id} sale={sale} />
            ))}
          </Rows>
        </section>
      ))}
      {hasMore && !app.health.online && <Note>{t.offline}</Note>}
      {hasMore && app.health.online && (
        <Button wide busy={older.isBusy} onClick={older.more}>
          {t.older}
        </Button>
      )}
      {older.isOver && <p class="quiet-text">{t.all}</p>}
    </Screen>
  );
}

function months(sales: SaleDoc[]): [string, SaleDoc[]][] {
  const found = new Map<string, SaleDoc[]>();
  for (const sale of sales) {
    const month = date(sale.occurred_at, "month");
    found.set(month, [...(found.get(month) ?? []), sale]);
  }
  return [...found];
}

interface Page {
  items: Omit<SaleDoc, "id">[];
  next: string | null;
}

/** Sales that are not synchronized any more; the first pages repeat those that are. */
function useOlder(synced: SaleDoc[]) {
  const app = useAppState();
  const [sales, setSales] = useState<SaleDoc[]>([]);
  const [cursor, setCursor] = useState<string | null>("");
  const [isBusy, setBusy] = useState(false);
  const more = async () => {
    setBusy(true);
    const known = new Set([...synced, ...sales].map((each) => each.id));
    let [next, found]: [string | null, SaleDoc[]] = [cursor, []];
    while (next !== null && found.length === 0) {
      const answer = await app.api.get<Page>(`/sales?limit=50${next && `&cursor=${next}`}`);
      if (!answer.ok) break;
      next = answer.data.next;
      found = answer.data.items
        .map((each) => ({ ...each, id: each.sale }))
        .filter((each) => !known.has(each.id));
    }
    setSales([...sales, ...found]);
    setCursor(next);
    setBusy(false);
  };
  // What came by synchronization meanwhile is shown once.
  const ids = new Set(synced.map((each) => each.id));
  return { sales: sales.filter((each) => !ids.has(each.id)), isBusy, isOver: cursor === null, more };
}
