/** One receipt: what was bought and paid, what it brought and why, and what came back. */

import { date, points } from "@ui/format";
import { Empty, Note, Skeleton } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useCatalog, useProgram } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { Screen } from "../../app/screen";
import { Actions } from "./actions";
import { LineSums, Lines } from "./lines";
import { Returns } from "./returns";
import { type Sale, stateOf, useSale } from "./sale";
import { texts } from "./texts";

export default function Receipt({ parts }: { parts: { id: string } }) {
  const t = useTexts(texts);
  const { sale, problem } = useSale(parts.id);
  return (
    <Screen title={t.one} up="/receipts" actions={sale && <Actions sale={sale} />}>
      {sale ? (
        <Whole sale={sale} />
      ) : problem === null ? (
        <Skeleton lines={4} label={t.loading} />
      ) : problem.status === 404 ? (
        <Empty icon="receipt" title={t.gone} text={t.goneText} />
      ) : (
        <Note kind="warn">{problem.status === 0 ? t.away : sentence(problem)}</Note>
      )}
    </Screen>
  );
}

function Whole({ sale }: { sale: Sale }) {
  return (
    <article class="receipt">
      <Head sale={sale} />
      <Lines sale={sale} />
      <LineSums sale={sale} />
      <Points sale={sale} />
      <Returns sale={sale} />
    </article>
  );
}

function Head({ sale }: { sale: Sale }) {
  const t = useTexts(texts);
  const program = useProgram();
  const store = useCatalog()?.store(sale.store);
  const state = stateOf(sale);
  return (
    <header class="receipt-head">
      <p class="quiet-text">{program?.brand?.name ?? ""}</p>
      <h2 class="first">{words(store?.name) || (sale.store ?? t.online)}</h2>
      {store?.address && <p class="quiet-text">{store.address}</p>}
      <p>
        {date(sale.occurred_at, "short")}, {date(sale.occurred_at, "time")}
      </p>
      <p class="quiet-text receipt-number">{t.number(sale.sale)}</p>
      <p class="receipt-badges">
        {state && <span class="badge warn">{t[state]}</span>}
        {sale.offline && <span class="badge">{t.offlineSale}</span>}
      </p>
    </header>
  );
}

/** Every effect on points with its reason, and for what it was where that is not everything. */
function Points({ sale }: { sale: Sale }) {
  const t = useTexts(texts);
  const name = useProgram()?.points.name;
  const told = sale.effects.filter((each) => each.text);
  const title = (id: string) => sale.lines.find((line) => line.line === id)?.name ?? id;
  return (
    <section aria-label={t.points}>
      <h2>{t.points}</h2>
      <Sum label={t.earned} milli={sale.earned_milli} name="earned" />
      {sale.spent_milli > 0 && <Sum label={t.spent} milli={-sale.spent_milli} name="spent" />}
      {told.length === 0 && (sale.isShort || !(sale.earned_milli || sale.spent_milli)) && (
        <p class="quiet-text">{sale.isShort ? t.short : t.noPoints}</p>
      )}
      <ul class="whys" aria-label={t.points}>
        {told.map((each) => {
          const isPart = each.lines.length > 0 && each.lines.length < sale.lines.length;
          return (
            <li key={`${each.kind}/${each.key}/${each.lines.join()}`} class="line">
              <span>
                {each.text}
                {isPart && <span class="quiet-text"> · {t.of(each.lines.map(title).join(", "))}</span>}
              </span>
              {each.points_milli !== 0 && (
                <span class="number">{points(each.points_milli, name, { sign: true })}</span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Sum({ label, milli, name }: { label: string; milli: number; name: string }) {
  const names = useProgram()?.points.name;
  if (!milli) return null;
  return (
    <p class="line">
      <strong>{label}</strong>
      <strong class="number" data-testid={name}>
        {points(milli, names, { sign: true })}
      </strong>
    </p>
  );
}
