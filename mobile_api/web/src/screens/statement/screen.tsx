/** The statement: every movement of points and money with its reason, and what ends when. */

import { date } from "@ui/format";
import { Button, Choice, Empty, Note, Rows, Skeleton } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useEffect, useRef, useState } from "preact/hooks";
import { sentence } from "../../app/refusals";
import { Screen } from "../../app/screen";
import { Expiring } from "./expiring";
import { Export } from "./export";
import { StatementLine } from "./line";
import { EVERYTHING, type Filter, type Line, type Period, useLines } from "./lines";
import { CHOSEN, texts } from "./texts";

export default function Statement() {
  const t = useTexts(texts);
  const [filter, setFilter] = useState<Filter>(EVERYTHING);
  return (
    <Screen title={t.title} up="/me" actions={<Export />}>
      <Expiring />
      <Filters filter={filter} onChange={setFilter} />
      <Lines filter={filter} />
    </Screen>
  );
}

function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const t = useTexts(texts);
  const of = (["all", "points", "money"] as const).map((value) => ({ value, label: t.of[value] }));
  return (
    <div class="filters even">
      <Choice
        label={t.show}
        value={filter.of}
        options={of}
        inline
        onChange={(value) => onChange({ ...filter, of: value })}
      />
      <div class="field">
        <label for="statement-kind">{t.kind}</label>
        <select
          id="statement-kind"
          value={filter.kind}
          onChange={(event) => onChange({ ...filter, kind: event.currentTarget.value })}
        >
          <option value="">{t.every}</option>
          {CHOSEN.map((each) => (
            <option key={each} value={each}>
              {t.kinds[each]}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="statement-period">{t.period}</label>
        <select
          id="statement-period"
          value={filter.period}
          onChange={(event) => onChange({ ...filter, period: event.currentTarget.value as Period })}
        >
          {(Object.keys(t.periods) as Period[]).map((each) => (
            <option key={each} value={each}>
              {t.periods[each]}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

function Lines({ filter }: { filter: Filter }) {
  const t = useTexts(texts);
  const { lines, problem, isKept, more } = useLines(filter);
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(EVERYTHING);
  if (lines === null) {
    return problem ? <Note kind="bad">{sentence(problem)}</Note> : <Skeleton lines={5} label={t.loading} />;
  }
  return (
    <>
      {isKept && !navigator.onLine && <Note>{t.offline}</Note>}
      {lines.length === 0 && (
        <Empty icon="receipt" title={t.noneTitle} text={isFiltered ? t.none : t.empty} />
      )}
      {days(lines).map(([day, those]) => (
        <section key={day} class="stack" aria-label={day}>
          <h2>{day}</h2>
          <Rows label={day}>
            {those.map((line) => (
              <StatementLine key={line.seq} line={line} />
            ))}
          </Rows>
        </section>
      ))}
      {problem && <Note kind="bad">{sentence(problem)}</Note>}
      {more ? (
        <More key={lines.length} onMore={more} />
      ) : (
        lines.length > 0 && !isKept && <p class="quiet-text">{t.end}</p>
      )}
    </>
  );
}

function days(lines: Line[]): [string, Line[]][] {
  const found = new Map<string, Line[]>();
  const year = new Date().getFullYear();
  for (const line of lines) {
    const isRecent = new Date(line.occurred_at).getFullYear() === year;
    const day = date(line.occurred_at, isRecent ? "weekday" : "date");
    found.set(day, [...(found.get(day) ?? []), line]);
  }
  return [...found];
}

/** Go on by itself when the end comes near; and with a button, for who goes by keys. */
function More({ onMore }: { onMore: () => void }) {
  const t = useTexts(texts);
  const end = useRef<HTMLDivElement>(null);
  const run = useRef(onMore);
  run.current = onMore;
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && run.current(), {
      rootMargin: "400px",
    });
    if (end.current) seen.observe(end.current);
    return () => seen.disconnect();
  }, []);
  return (
    <div ref={end}>
      <Button wide onClick={onMore}>
        {t.more}
      </Button>
    </div>
  );
}
