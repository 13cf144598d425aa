/** A top-up from the tap to the money: confirmed by its holder where the bank asks, charged once whatever gets lost. */

import { useEffect, useState } from "preact/hooks";
import type { Answer, Problem } from "../../app/api";
import { useApp } from "../../app/hooks";
import type { Card, Challenge, TopUp } from "./wire";

/** Under this name the request is kept until there is an answer, also over a restart. */
const SLOT = "top-up";
const POLLS = 10;
const POLL_MS = 1000;

export interface Order {
  amount_minor: number;
  method: string;
}

export type Stage =
  | { kind: "form" | "asking" | "later" }
  | { kind: "unknown"; amount_minor: number | null; again: () => Promise<void>; order: Order | null }
  | { kind: "challenge"; id: string; amount_minor: number; challenge: Challenge }
  | { kind: "done"; amount_minor: number };

const FORM: Stage = { kind: "form" };

/** Whether it may have been done all the same: no answer came, or one that says nothing. */
export const isUnknown = (problem: Problem) => problem.status === 0 || problem.status >= 500;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** `changed` is called whenever the list of top-ups may have changed. */
export function useTopUp(changed: () => void) {
  const app = useApp();
  const [stage, setStage] = useState<Stage>(FORM);
  const [problem, setProblem] = useState<Problem | null>(null);

  const pay = async (order: Order): Promise<void> => {
    setStage({ kind: "asking" });
    setProblem(null);
    const answer = await app.once<TopUp>(SLOT, "/wallet/top-ups", order);
    await settle(answer, { ...order, order, again: () => pay(order) });
  };

  /** `amount_minor` is null where this device does not know what it asks about, until the answer says so. */
  const confirm = async (id: string, amount_minor: number | null): Promise<void> => {
    setStage({ kind: "asking" });
    const answer = await app.api.post<TopUp>(`/wallet/top-ups/${encodeURIComponent(id)}/confirm`);
    if (answer.ok) await app.refresh();
    await settle(answer, { amount_minor, order: null, again: () => confirm(id, amount_minor) });
  };

  const settle = async (
    answer: Answer<TopUp>,
    asked: { amount_minor: number | null; order: Order | null; again: () => Promise<void> },
  ): Promise<void> => {
    changed();
    if (answer.ok) return settled(answer.data);
    if (isUnknown(answer.problem)) return setStage({ kind: "unknown", ...asked });
    setProblem(answer.problem);
    setStage(FORM);
  };

  const settled = async (found: TopUp): Promise<void> => {
    const { id, amount_minor, status, challenge } = found;
    if (status === "credited" || status === "paid") return setStage({ kind: "done", amount_minor });
    if (status === "requires_action" && challenge)
      return setStage({ kind: "challenge", id, amount_minor, challenge });
    if (status === "processing") return watch(id, amount_minor);
    setProblem({ status: 409, code: "payment_canceled", detail: "" });
    setStage(FORM);
  };

  /** The bank takes its time: look again for a while, then leave it to the list. */
  const watch = async (id: string, amount_minor: number): Promise<void> => {
    for (let count = 0; count < POLLS; count++) {
      await pause(POLL_MS);
      const answer = await app.api.post<TopUp>(`/wallet/top-ups/${id}/confirm`);
      if (answer.ok && answer.data.status === "processing") continue;
      if (answer.ok) await app.refresh();
      return settle(answer, { amount_minor, order: null, again: () => confirm(id, amount_minor) });
    }
    setStage({ kind: "later" });
  };

  const clear = () => {
    setProblem(null);
    setStage(FORM);
  };

  /** Do not ask again for what got no answer; if it was done, it is in the list. */
  const leave = async () => {
    await app.keeping.delete("pending", SLOT);
    changed();
    clear();
  };

  useEffect(() => {
    void app.keeping.get("pending", SLOT).then((known) => {
      if (known === undefined) return;
      const order: Order = JSON.parse(known.body);
      setStage({ kind: "unknown", amount_minor: order.amount_minor, order, again: () => pay(order) });
    });
  }, [app]);

  return { stage, problem, pay, confirm, clear, leave };
}

type Keeping = { kind: "idle" | "asking" } | { kind: "challenge"; setup: string; challenge: Challenge };

/** Keep a card at the provider; `kept` gets it when its holder has confirmed, where the bank asks for that. */
export function useNewCard() {
  const app = useApp();
  const [stage, setStage] = useState<Keeping>({ kind: "idle" });
  const [problem, setProblem] = useState<Problem | null>(null);
  const settle = (answer: Answer<Card>, kept: (card: Card) => void) => {
    setStage({ kind: "idle" });
    if (answer.ok) return kept(answer.data);
    const { code, setup, url, client_secret } = answer.problem;
    if (code !== "card_requires_action") return setProblem(answer.problem);
    const challenge = { url: url as string | null, client_secret: client_secret as string | null };
    setStage({ kind: "challenge", setup: String(setup), challenge });
  };
  const keep = async (method: string, kept: (card: Card) => void) => {
    setStage({ kind: "asking" });
    setProblem(null);
    settle(await app.once<Card>("card", "/wallet/cards", { method }), kept);
  };
  const confirm = async (setup: string, kept: (card: Card) => void) => {
    setStage({ kind: "asking" });
    settle(await app.api.post<Card>(`/wallet/cards/${setup}/confirm`), kept);
  };
  const clear = () => {
    setProblem(null);
    setStage({ kind: "idle" });
  };
  return { stage, problem, keep, confirm, clear };
}
