/** A card that is entered on the provider's own page: the way there. */

import { Button, Note } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { useApp } from "../../app/hooks";
import { leave, useShownAgain } from "./leaving";
import { told } from "./refusals";

const texts = both({
  en: {
    text: "You enter your card on the payment provider’s page and come back here. Its number never comes to us.",
    go: "Enter a card",
  },
  fr: {
    text: "Vous saisissez votre carte sur la page du prestataire de paiement, puis vous revenez ici. Son numéro ne nous parvient jamais.",
    go: "Saisir une carte",
  },
});

interface CardPageProps {
  currency: string;
  /** What the person was about to load: it is chosen again when they are back. */
  amountMinor?: number | null;
  /** The card of the last page is being kept: another page would be one too many. */
  isWaiting?: boolean;
}

export function CardPage({ currency, amountMinor = null, isWaiting = false }: CardPageProps) {
  const t = useTexts(texts);
  const app = useApp();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useShownAgain(() => setBusy(false));
  const open = async () => {
    setBusy(true);
    setProblem(null);
    const answer = await app.once<{ setup: string; url: string }>("card-page", "/wallet/card-pages", {});
    // Busy until this page is gone: a second tap would open a second page.
    if (answer.ok)
      return leave(app, answer.data.url, { setup: answer.data.setup, amount_minor: amountMinor });
    setBusy(false);
    setProblem(answer.problem);
  };
  return (
    <>
      <p class="quiet-text">{t.text}</p>
      {problem && <Note kind="bad">{told(problem, currency)}</Note>}
      <Button kind="primary" wide icon="credit-card" busy={isBusy || isWaiting} onClick={() => void open()}>
        {t.go}
      </Button>
    </>
  );
}
