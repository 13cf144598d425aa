/** Back from a page of the provider's: the card is kept, or the payment asked about, and the person hears of it. */

import { Button, Note } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { useApp } from "../../app/hooks";
import { useCardName } from "./card_pick";
import { arrived, lastTrip, NOWHERE, type Origin, origin, type Return, returned, type Trip } from "./leaving";
import { isUnknown, type useTopUp } from "./paying";
import { told } from "./refusals";
import type { Card } from "./wire";

const texts = both({
  en: {
    keeping: "Your card is being kept…",
    kept: (card: string) => `${card} is kept`,
    none: "No card was added.",
    unknown: "Your card could not be kept just now. Ask again: you need not enter it a second time.",
    again: "Ask again",
  },
  fr: {
    keeping: "Votre carte est enregistrée…",
    kept: (card: string) => `${card} est gardée`,
    none: "Aucune carte n’a été ajoutée.",
    unknown:
      "Votre carte n’a pas pu être gardée à l’instant. Redemandez : vous n’aurez pas à la saisir une seconde fois.",
    again: "Redemander",
  },
});

export type CardStage =
  | { kind: "none" }
  | { kind: "asking" }
  | { kind: "unknown"; again: () => void }
  | { kind: "refused"; problem: Problem };

export interface Visit {
  /** False for the moment in which it is looked up what was going on. */
  isReady: boolean;
  back: Origin | null;
  amountMinor: number | null;
  card: CardStage;
}

const confirmPath = (setup: string) => `/wallet/cards/${encodeURIComponent(setup)}/confirm`;

/** `onCard` is called when a card was kept. */
export function useVisit(topUp: ReturnType<typeof useTopUp>, onCard: () => void): Visit {
  const app = useApp();
  const t = useTexts(texts);
  const named = useCardName();
  const [why] = useState<Return | null>(returned);
  const [trip, setTrip] = useState<Trip | null>(why === null ? { ...NOWHERE, back: origin() } : null);
  const [card, setCard] = useState<CardStage>({ kind: "none" });

  const tell = (kept: Card) => {
    say({ text: t.kept(named(kept)), kind: "good" });
    onCard();
  };

  const keep = async (setup: string, from: Trip): Promise<void> => {
    setCard({ kind: "asking" });
    const answer = await app.api.post<Card>(confirmPath(setup));
    if (!answer.ok && isUnknown(answer.problem))
      return setCard({ kind: "unknown", again: () => void keep(setup, from) });
    const isLeftOpen = !answer.ok && answer.problem.code === "card_requires_action";
    setCard(answer.ok || isLeftOpen ? { kind: "none" } : { kind: "refused", problem: answer.problem });
    if (isLeftOpen) say(t.none);
    if (answer.ok) tell(answer.data);
    await arrived(app, from.back);
  };

  /** The provider's page was closed, maybe with the card entered: then it is kept, and nothing said otherwise. */
  const look = async (setup: string): Promise<void> => {
    const answer = await app.api.post<Card>(confirmPath(setup));
    if (answer.ok) tell(answer.data);
    else if (isUnknown(answer.problem) || answer.problem.code === "card_requires_action") return;
    await arrived(app, origin());
  };

  const arrive = async (from: Trip, reason: Return): Promise<void> => {
    setTrip(from);
    if (reason.kind === "card") return keep(reason.setup, from);
    if (reason.kind === "canceled") say(t.none);
    else await topUp.confirm(reason.id, from.amount_minor);
    await arrived(app, from.back);
  };

  useEffect(() => {
    void lastTrip(app).then((from) => {
      if (why !== null) return arrive(from, why);
      if (from.setup !== null) return look(from.setup);
    });
  }, [app]);

  return {
    isReady: trip !== null,
    back: trip?.back ?? null,
    amountMinor: trip?.amount_minor ?? null,
    card,
  };
}

/** What becomes of the card that was entered on the provider's page. */
export function CardReturn({ card, currency }: { card: CardStage; currency: string }) {
  const t = useTexts(texts);
  if (card.kind === "none") return null;
  if (card.kind === "asking") return <Note icon="credit-card">{t.keeping}</Note>;
  if (card.kind === "refused") return <Note kind="bad">{told(card.problem, currency)}</Note>;
  return (
    <Note kind="warn">
      <p>{t.unknown}</p>
      <Button icon="refresh" onClick={card.again}>
        {t.again}
      </Button>
    </Note>
  );
}
