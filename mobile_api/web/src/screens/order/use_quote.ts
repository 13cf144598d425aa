/** What the basket costs and brings: asked of the server whenever it changes. */

import { useEffect, useReducer, useState } from "preact/hooks";
import type { Answer, Problem } from "../../app/api";
import type { App } from "../../app/app";
import { useApp } from "../../app/hooks";
import type { DraftLineDoc } from "../../app/orders";

export interface Effect {
  kind: string;
  key: string;
  points_milli: number;
  amount_minor: number;
  text: string;
}

export interface Hint {
  code: string;
  key: string;
  text: string;
}

export interface Quote {
  lines: { line: string; net_minor: number; unit_price_minor: number; discount_minor: number }[];
  gross_minor: number;
  discount_minor: number;
  total_minor: number;
  earned_milli: number;
  spent_milli: number;
  effects: Effect[];
  warnings: Hint[];
  near_misses: Hint[];
}

/** A reward the person wants: for points, or for a grant or hold that pays for it. */
export interface Claim {
  reward: string;
  name: string;
  grant: string | null;
  hold: string | null;
}

/** What is wanted beside the lines; it stays on this device while the basket does. */
export interface Extras {
  rewards: Claim[];
  coupons: string[];
}

export const NONE: Extras = { rewards: [], coupons: [] };
const PAUSE_MS = 150;

/** What the server is asked with, for a quote and for the order alike. */
export const wanted = ({ rewards, coupons }: Extras) => ({
  rewards: rewards.map(({ reward, grant, hold }) => ({ reward, grant, hold })),
  coupons,
});

export function basketBody(store: string, lines: readonly DraftLineDoc[], extras: Extras): object {
  return {
    store,
    lines: lines.map(({ id, sku, options, quantity }) => ({ id, sku, options, quantity })),
    ...wanted(extras),
  };
}

export const askQuote = (app: App, body: object): Promise<Answer<Quote>> =>
  app.api.post<Quote>("/quotes", body);

interface Known {
  text: string;
  answer: Answer<Quote>;
}

export interface Quoted {
  quote: Quote | null;
  problem: Problem | null;
  /** The basket is not what was asked about: an answer is on its way. */
  isOld: boolean;
  again: () => void;
}

/** Quote a basket; `body` null: there is nothing that could be quoted. The last quote stays until the next is there. */
export function useQuote(body: object | null): Quoted {
  const app = useApp();
  const text = body === null ? null : JSON.stringify(body);
  const [known, setKnown] = useState<Known | null>(null);
  const [last, setLast] = useState<Quote | null>(null);
  const [round, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (text === null) return;
    let isOver = false;
    const ask = async () => {
      const answer = await askQuote(app, JSON.parse(text));
      if (isOver) return;
      if (answer.ok) setLast(answer.data);
      setKnown({ text, answer });
    };
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [app, text, round]);
  const isOld = known?.text !== text;
  return {
    quote: text === null ? null : last,
    problem: !isOld && known && !known.answer.ok ? known.answer.problem : null,
    isOld,
    again: () => again(undefined as never),
  };
}

const KEPT = "basket";

/** The rewards and coupons of a draft: they are still there after topping up. */
export function useExtras(draft: string | undefined): [Extras, (extras: Extras) => void] {
  const { keeping } = useApp();
  const [kept, setKept] = useState<{ draft: string | undefined; extras: Extras } | null>(null);
  useEffect(() => {
    void keeping.get("choice", KEPT).then((found) => setKept(found as typeof kept));
  }, [keeping]);
  const set = (extras: Extras) => {
    setKept({ draft, extras });
    void keeping.put("choice", { draft, extras }, KEPT);
  };
  return [kept && kept.draft === draft ? kept.extras : NONE, set];
}
