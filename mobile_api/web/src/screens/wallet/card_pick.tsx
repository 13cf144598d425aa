/** Which card: one that is kept, or another. Numbers of cards never come here: the demo's cards are tokens. */

import { Choice, Switch } from "@ui/parts";
import { useLanguage, useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { useAnswer } from "../../app/hooks";
import { useNewCard } from "./paying";
import { testCards, texts } from "./texts";
import { type Card, hasTestCards, type Wallet } from "./wire";

const NEW = "new";

/** Return the name of a card as people know it, and until when it is good. */
export function useCardName(): (card: Card) => string {
  const t = useTexts(texts);
  return (card) => {
    const brand =
      card.brand === "test" ? t.testCard : card.brand.charAt(0).toUpperCase() + card.brand.slice(1);
    return t.card(brand, card.last4);
  };
}

/** What is chosen, and how it comes to be a method that can be charged. */
export function usePick(wallet: Wallet) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [test, setTest] = useState<string>("test_success");
  const [isKept, setKept] = useState(false);
  const card = useNewCard();
  const known = wallet.cards.some((each) => each.id === chosen) ? chosen : null;
  const first = wallet.cards[0]?.id ?? NEW;
  const which = chosen === NEW ? NEW : (known ?? first);
  const method = which !== NEW ? which : hasTestCards(wallet) ? test : null;
  const [then, setThen] = useState<{ run: (method: string) => void }>({ run: () => {} });
  const kept = (run: (method: string) => void) => (found: Card) => {
    setChosen(found.id);
    setKept(false);
    run(found.id);
  };
  const use = async (run: (method: string) => void) => {
    if (method === null) return;
    if (which !== NEW || !isKept) return run(method);
    setThen({ run });
    await card.keep(method, kept(run));
  };
  const confirmed = async () => {
    if (card.stage.kind === "challenge") await card.confirm(card.stage.setup, kept(then.run));
  };
  return { which, setChosen, test, setTest, isKept, setKept, card, method, use, confirmed };
}

export function CardPick({ wallet, pick }: { wallet: Wallet; pick: ReturnType<typeof usePick> }) {
  const t = useTexts(texts);
  const named = useCardName();
  const options = [
    ...wallet.cards.map((each) => ({ value: each.id, label: named(each) })),
    { value: NEW, label: t.newCard },
  ];
  return (
    <>
      {wallet.cards.length > 0 && (
        <Choice label={t.with} value={pick.which} options={options} onChange={pick.setChosen} />
      )}
      {pick.which === NEW && hasTestCards(wallet) && (
        <>
          <TestCards value={pick.test} onChange={pick.setTest} />
          <Switch label={t.keep} detail={t.keepText} checked={pick.isKept} onChange={pick.setKept} />
        </>
      )}
    </>
  );
}

/** The cards of the demo's provider, and what each does. */
export function TestCards({ value, onChange }: { value: string; onChange: (method: string) => void }) {
  const t = useTexts(texts);
  const own = testCards[useLanguage()];
  const { answer } = useAnswer<{ cards: { method: string; about: string }[] }>("/test-card/cards");
  const cards = answer?.ok ? answer.data.cards : [{ method: "test_success", about: "" }];
  return (
    <div class="field">
      <label for="test-card">{t.testCard}</label>
      <select id="test-card" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {cards.map((each) => (
          <option key={each.method} value={each.method}>
            {own[each.method] ?? each.about}
          </option>
        ))}
      </select>
    </div>
  );
}
