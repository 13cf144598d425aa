/** An order that was not placed: why, and what a person can do about it. */

import { money } from "@ui/format";
import { Button, Note } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import type { Problem } from "../../app/api";
import { useApp, useProgram } from "../../app/hooks";
import type { Fingerprinted } from "../../app/lines_hash";
import type { Menu } from "../../app/menu";
import type { DraftDoc, DraftLineDoc } from "../../app/orders";
import { sentence } from "../../app/refusals";
import { type BasketTexts, refusalsOf, texts } from "./basket_texts";
import { differences } from "./differences";
import { nameOf } from "./lines";
import type { Placed } from "./placing";

interface RefusedProps {
  refused: Exclude<Placed, { kind: "order" }>;
  menu: Menu;
  draft: DraftDoc;
  lines: readonly DraftLineDoc[];
}

export function Refused({ refused, menu, draft, lines }: RefusedProps) {
  const t = useTexts(texts);
  const currency = useProgram()?.currency ?? "USD";
  if (refused.kind === "unsaved") return <Note kind="warn">{t.unsaved}</Note>;
  const { problem, seen, total } = refused;
  switch (problem.code) {
    case "draft_changed":
      return <Changed seen={seen} present={problem.lines as Fingerprinted[]} menu={menu} />;
    case "price_changed":
      return (
        <Note kind="warn">
          {t.dearer(money(total, currency), money(Number(problem.total_minor ?? total), currency))}{" "}
          {t.orderThis}
        </Note>
      );
    case "lines_unavailable":
      return <Unavailable problem={problem} menu={menu} draft={draft} lines={lines} />;
    default:
      return <Note kind="bad">{sentence(problem, currency, ownSentences(t, problem))}</Note>;
  }
}

function ownSentences(t: BasketTexts, problem: Problem): Record<string, string> {
  const gone = t.pickupGone[problem.reason as "full"] ?? t.pickupGone.closed;
  return {
    ...refusalsOf(t),
    pickup_unavailable: gone,
    order_ahead_off: t.storeOff,
    store_not_found: t.storeOff,
    draft_not_found: t.draftGone,
    draft_discarded: t.draftGone,
    draft_empty: t.draftGone,
  };
}

/** Another device changed the basket while this one looked at it: said line by line, and asked again. */
function Changed({
  seen,
  present,
  menu,
}: {
  seen: readonly Fingerprinted[];
  present: Fingerprinted[];
  menu: Menu;
}) {
  const t = useTexts(texts);
  const told = (line: Fingerprinted) => {
    const options = line.options.map((key) => words(menu.option(key)?.name)).filter(Boolean);
    return `${line.quantity} × ${[nameOf(menu, line.sku), ...options].join(", ")}`;
  };
  return (
    <Note kind="warn">
      <p>{t.changed}</p>
      <ul class="reasons">
        {differences(seen, present).map((each) =>
          each.kind === "altered" ? (
            <li key={each.to.id}>{t.changes.altered(told(each.from), told(each.to))}</li>
          ) : (
            <li key={each.line.id}>{t.changes[each.kind](told(each.line))}</li>
          ),
        )}
      </ul>
      <p>{t.orderThis}</p>
    </Note>
  );
}

/** What the store does not make is named, and one tap takes it out. */
function Unavailable({ problem, menu, draft, lines }: Omit<RefusedProps, "refused"> & { problem: Problem }) {
  const t = useTexts(texts);
  const app = useApp();
  const flaws = (problem.lines ?? []) as { line: string; sku: string; reason: keyof BasketTexts["flaws"] }[];
  const gone = flaws.filter((flaw) => lines.some((line) => line.id === flaw.line));
  if (!gone.length) return null;
  const takeOut = () => {
    const ids = [...new Set(gone.map((each) => each.line))];
    void app.mutateAll(ids.map((line) => ({ name: "draft.line.remove", args: { draft: draft.id, line } })));
  };
  return (
    <Note kind="warn">
      <p>{t.unavailable}</p>
      <ul class="reasons">
        {gone.map((each) => (
          <li key={each.line}>
            {nameOf(menu, each.sku)}: {t.flaws[each.reason]}
          </li>
        ))}
      </ul>
      <Button onClick={takeOut}>{t.takeOut}</Button>
    </Note>
  );
}
