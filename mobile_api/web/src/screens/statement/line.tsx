/** One movement: what it was, why, and what it did to points and money. */

import { date, money, points } from "@ui/format";
import type { IconName } from "@ui/icons";
import { Row } from "@ui/parts";
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
  return (
    <Row
      icon={ICONS[line.kind] ?? "star"}
      title={t.kinds[line.kind] ?? t.kinds.other}
      detail={
        <>
          {date(line.occurred_at, "time")}
          {isLate && ` · ${t.booked(date(line.recorded_at, "short"))}`}
          <span class="whys-short">
            {reasons(line, t).map((each) => (
              <span key={each} class="why">
                {each}
              </span>
            ))}
          </span>
        </>
      }
      end={
        <>
          {line.points_milli !== 0 && (
            <span class="row-amount">{points(line.points_milli, name, { sign: true })}</span>
          )}
          {line.wallet_minor !== 0 && (
            <span class="row-amount">{money(line.wallet_minor, currency, { sign: true })}</span>
          )}
        </>
      }
      {...(sale && { href: href(`/receipts/${sale}`) })}
    />
  );
}

/** Say why: the server's sentence of every posting, and what was set aside or is owed. */
function reasons(line: Line, t: typeof texts.en): string[] {
  const told = line.postings.map((each) => each.text).filter(Boolean);
  // What moves inside of the ledger only has no sentence of a rule: its kind says why.
  const whys = told.length > 0 ? told : [t.whys[line.kind] ?? t.whys.other ?? ""];
  return [...new Set(whys)];
}
