/** Points by the day on which they end: a small plot by month, and the list it is drawn from. */

import { amount, date, points } from "@ui/format";
import { Button, Row, Rows } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { useDoc, useProgram } from "../../app/hooks";
import type { Balance } from "../../app/wire";
import { texts } from "./texts";

const WIDTH = 320;
const HEIGHT = 96;
const FLOOR = 18;
const LEAST = 6;
const MOST = 18;
/** So many days are listed at first: the rest is a tap away. */
const FIRST = 3;

interface Month {
  key: string;
  label: string;
  milli: number;
}

export function Expiring() {
  const t = useTexts(texts);
  const name = useProgram()?.points.name;
  const balance = useDoc<Balance>("balance");
  const [isWhole, setWhole] = useState(false);
  if (!balance || balance.points_milli <= 0) return null;
  const { expiring } = balance;
  const ending = expiring.reduce((sum, each) => sum + each.points_milli, 0);
  const never = balance.points_milli - ending;
  return (
    <section class="stack" aria-label={t.expiring}>
      <h2>{t.expiring}</h2>
      {expiring.length > 0 ? <Plot expiring={expiring} /> : <p class="quiet-text">{t.expiringNone}</p>}
      {expiring.length > 0 && (
        <Rows label={t.expiring}>
          {(isWhole ? expiring : expiring.slice(0, FIRST)).map((each) => (
            <Row
              key={each.expires_at}
              icon="clock"
              title={date(each.expires_at, "date")}
              end={points(each.points_milli, name)}
            />
          ))}
        </Rows>
      )}
      {!isWhole && expiring.length > FIRST && (
        <Button kind="quiet" onClick={() => setWhole(true)}>
          {t.rest(expiring.length - FIRST)}
        </Button>
      )}
      {never > 0 && expiring.length > 0 && <p class="quiet-text">{t.never(points(never, name))}</p>}
    </section>
  );
}

function Plot({ expiring }: { expiring: Balance["expiring"] }) {
  const t = useTexts(texts);
  const name = useProgram()?.points.name;
  const bars = months(expiring);
  const most = Math.max(...bars.map((each) => each.milli), 1);
  const step = WIDTH / bars.length;
  const total = expiring.reduce((sum, each) => sum + each.points_milli, 0);
  const last = expiring.at(-1)?.expires_at ?? Date.now();
  const room = HEIGHT - FLOOR - 14;
  return (
    <svg
      class="plot"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={t.plot(points(total, name), date(last, "date"))}
    >
      <line class="plot-floor" x1="0" x2={WIDTH} y1={HEIGHT - FLOOR} y2={HEIGHT - FLOOR} />
      {bars.map((bar, place) => {
        const height = bar.milli ? Math.max(3, (bar.milli / most) * room) : 0;
        const middle = step * (place + 0.5);
        return (
          <g key={bar.key}>
            <rect
              class="plot-bar"
              x={middle - Math.min(11, step * 0.35)}
              width={Math.min(22, step * 0.7)}
              y={HEIGHT - FLOOR - height}
              height={height}
              rx="3"
            />
            {bar.milli > 0 && (
              <text class="plot-value" x={middle} y={HEIGHT - FLOOR - height - 4}>
                {amount(Math.round(bar.milli / 1000) * 1000)}
              </text>
            )}
            <text class="plot-label" x={middle} y={HEIGHT - 5}>
              {bar.label}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** Return every month from this one to the last in which something ends; what is later still is in the last. */
function months(expiring: Balance["expiring"], now = new Date()): Month[] {
  const index = (at: Date) => (at.getFullYear() - now.getFullYear()) * 12 + at.getMonth() - now.getMonth();
  const ends = expiring.map((each) => ({ ...each, place: index(new Date(each.expires_at)) }));
  const length = Math.min(MOST, Math.max(LEAST, ...ends.map((each) => each.place + 1)));
  return Array.from({ length }, (_, place) => {
    const those = ends.filter((each) => Math.min(Math.max(each.place, 0), length - 1) === place);
    const month = new Date(now.getFullYear(), now.getMonth() + place, 1);
    const isNamed = length <= 12 || place % 3 === 0;
    return {
      key: String(place),
      label: isNamed ? date(month.getTime(), "monthName").slice(0, 4) : "",
      milli: those.reduce((sum, each) => sum + each.points_milli, 0),
    };
  });
}
