/** What it comes to: items, what is taken off and why, points to come, what nearly applied. */

import { money, points } from "@ui/format";
import { Icon, Note, Skeleton } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useProgram } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { texts } from "./basket_texts";
import type { Quote, Quoted } from "./use_quote";

export function SumPart({ quoted, isQuotable }: { quoted: Quoted; isQuotable: boolean }) {
  const t = useTexts(texts);
  const { quote, problem } = quoted;
  const program = useProgram();
  if (problem && problem.code !== "offline") {
    return <Note kind="bad">{sentence(problem, program?.currency)}</Note>;
  }
  if (!isQuotable || problem) return <Note icon="wifi-off">{t.quoteOffline}</Note>;
  return (
    <section class="stack" aria-label={t.sum}>
      <h2>{t.sum}</h2>
      {quote === null ? <Skeleton lines={2} label={t.sum} /> : <Sum quote={quote} isOld={quoted.isOld} />}
    </section>
  );
}

function Sum({ quote, isOld }: { quote: Quote; isOld: boolean }) {
  const t = useTexts(texts);
  const program = useProgram();
  const currency = program?.currency ?? "USD";
  const cuts = quote.effects.filter((each) => each.amount_minor !== 0);
  const gains = quote.effects.filter((each) => each.amount_minor === 0 && each.points_milli > 0 && each.text);
  // What is used up for now is nothing that a person could do something about.
  const near = quote.near_misses.filter((each) => each.code !== "used_up");
  const hints = [...quote.warnings, ...near].filter((each) => each.text).slice(0, 3);
  return (
    <div class={isOld ? "card sum old" : "card sum"} aria-busy={isOld}>
      <Amount name={t.subtotal} value={money(quote.gross_minor, currency)} />
      {cuts.map((each) => (
        <Amount
          key={`${each.kind}/${each.key}`}
          name={each.text || each.key}
          value={money(-Math.abs(each.amount_minor), currency)}
          isCut
        />
      ))}
      <p class="line sum-total">
        <strong>{t.total}</strong>
        <strong class="number" data-testid="total">
          {money(quote.total_minor, currency)}
        </strong>
      </p>
      {quote.earned_milli > 0 && (
        <p class="line">
          <span>{t.earned}</span>
          <span class="badge" data-testid="to-come">
            <Icon name="star" size={16} />
            {points(quote.earned_milli, program?.points.name, { sign: true })}
          </span>
        </p>
      )}
      {gains.length > 0 && (
        <ul class="reasons quiet-text">
          {gains.map((each) => (
            <li key={`${each.kind}/${each.key}`}>{each.text}</li>
          ))}
        </ul>
      )}
      {hints.length > 0 && (
        <>
          <h3>{t.nearly}</h3>
          <ul class="reasons quiet-text">
            {hints.map((each) => (
              <li key={`${each.code}/${each.key}`}>{each.text}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Amount({ name, value, isCut }: { name: string; value: string; isCut?: boolean }) {
  return (
    <p class={isCut ? "line cut" : "line"}>
      <span>{name}</span>
      <span class="number">{value}</span>
    </p>
  );
}
