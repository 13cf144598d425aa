/** One movement: what it was, why, and what it did to points and money. */

import { date, money, points } from "@ui/format";
import type { IconName } from "@ui/icons";
import { Icon } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useProgram } from "../../app/hooks";
import { href } from "../../app/router";
import type { Line } from "./lines";
import { texts } from "./texts";

const ICONS: Record<string, IconName> = {
  sale: "coffee",
  return: "refresh",
  void: "refresh",
  top_up: "wallet",
  gift_card: "gift",
  gift: "gift",
  transfer: "gift",
  expiry: "clock",
  hold: "ticket",
  birthday: "cake",
  tier_reached: "trophy",
  challenge_done: "trophy",
  adjustment: "pencil",
  referral: "users",
};

export function StatementLine({ line }: { line: Line }) {
  const t = useTexts(texts);
  const program = useProgram();
  const name = program?.points.name;
  const currency = program?.currency ?? "USD";
  const sale = line.reference?.startsWith("sale:") ? line.reference.slice("sale:".length) : null;
  const isLate = date(line.occurred_at, "short") !== date(line.recorded_at, "short");
  const inner = (
    <>
      <span class="row-icon">
        <Icon name={ICONS[line.kind] ?? "star"} size={22} />
      </span>
      <span class="row-text">
        <span class="line">
          <span class="row-title">{t.kinds[line.kind] ?? t.kinds.other}</span>
          <span class="row-end">
            {line.points_milli !== 0 && points(line.points_milli, name, { sign: true })}
            {line.wallet_minor !== 0 && (
              <span class="row-amount">{money(line.wallet_minor, currency, { sign: true })}</span>
            )}
          </span>
        </span>
        <span class="row-detail">
          {date(line.occurred_at, "time")}
          {isLate && ` · ${t.booked(date(line.recorded_at, "short"))}`}
        </span>
        {reasons(line, t).map((each) => (
          <span key={each} class="row-detail why">
            {each}
          </span>
        ))}
      </span>
      {sale && <Icon name="chevron-right" size={18} />}
    </>
  );
  return (
    <li class="row movement">
      {sale ? (
        <a class="row-inner" href={href(`/receipts/${sale}`)}>
          {inner}
        </a>
      ) : (
        <div class="row-inner">{inner}</div>
      )}
    </li>
  );
}

/** Say why: the server's sentence of every posting, and what was set aside or is owed. */
function reasons(line: Line, t: typeof texts.en): string[] {
  const told = line.postings.map((each) => each.text).filter(Boolean);
  // What moves inside of the ledger only has no sentence of a rule: its kind says why.
  const whys = told.length > 0 ? told : [t.whys[line.kind] ?? t.whys.other ?? ""];
  return [...new Set(whys)];
}
