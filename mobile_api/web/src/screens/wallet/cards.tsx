/** The cards that the provider keeps for this member: add one, forget one. */

import { date } from "@ui/format";
import { Button, Note, Row, Rows, Sheet } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { useApp } from "../../app/hooks";
import { CardPage } from "./card_page";
import { TestCards, useCardName } from "./card_pick";
import { ChallengeSheet } from "./challenge";
import { useNewCard } from "./paying";
import { told } from "./refusals";
import { texts as common } from "./texts";
import { type Card, hasTestCards, type Wallet } from "./wire";

const texts = both({
  en: {
    title: "Your cards",
    none: "No card is kept. Keep one, and topping up is one tap.",
    add: "Add a card",
    addText: "The payment provider keeps it. Its number never comes to us.",
    keep: "Keep this card",
    forget: "Forget this card?",
    forgetText: "It is forgotten here and at the payment provider.",
    forgetReload: "Auto-reload from it ends.",
    forgetNow: "Forget it",
    until: (month: string) => `until ${month}`,
  },
  fr: {
    title: "Vos cartes",
    none: "Aucune carte n’est gardée. Gardez-en une : recharger tiendra en un geste.",
    add: "Ajouter une carte",
    addText: "Le prestataire de paiement la garde. Son numéro ne nous parvient jamais.",
    keep: "Garder cette carte",
    forget: "Oublier cette carte ?",
    forgetText: "Elle est oubliée ici et chez le prestataire de paiement.",
    forgetReload: "La recharge automatique prend fin.",
    forgetNow: "L’oublier",
    until: (month: string) => `jusqu’à ${month}`,
  },
});

interface CardsProps {
  wallet: Wallet;
  isOnline: boolean;
  onChange: () => void;
}

export function Cards({ wallet, isOnline, onChange }: CardsProps) {
  const t = useTexts(texts);
  const named = useCardName();
  const [going, setGoing] = useState<Card | null>(null);
  const [isAdding, setAdding] = useState(false);
  const canAdd = wallet.provider !== null && isOnline;
  return (
    <>
      <h2>{t.title}</h2>
      {wallet.cards.length === 0 && <p class="quiet-text">{t.none}</p>}
      {(wallet.cards.length > 0 || canAdd) && (
        <Rows label={t.title}>
          {wallet.cards.map((each) => (
            <Row
              key={each.id}
              icon="credit-card"
              title={named(each)}
              detail={t.until(date(`${each.expires}-15`, "month"))}
              {...(isOnline && { onClick: () => setGoing(each) })}
            />
          ))}
          {canAdd && <Row icon="plus" title={t.add} detail={t.addText} onClick={() => setAdding(true)} />}
        </Rows>
      )}
      {isAdding && (
        <AddCard
          wallet={wallet}
          onClose={() => setAdding(false)}
          onKept={() => {
            setAdding(false);
            onChange();
          }}
        />
      )}
      {going && (
        <Forget
          card={going}
          wallet={wallet}
          onClose={() => {
            setGoing(null);
            onChange();
          }}
        />
      )}
    </>
  );
}

interface AddProps {
  wallet: Wallet;
  onClose: () => void;
  onKept: (card: Card) => void;
}

export function AddCard(props: AddProps) {
  const t = useTexts(texts);
  const c = useTexts(common);
  const { wallet, onClose } = props;
  if (hasTestCards(wallet)) return <AddTestCard {...props} />;
  return (
    <Sheet title={t.add} onClose={onClose}>
      <div class="stack">
        {wallet.is_test && <Note icon="info">{c.test}</Note>}
        <CardPage currency={wallet.currency} />
      </div>
    </Sheet>
  );
}

function AddTestCard({ wallet, onClose, onKept }: AddProps) {
  const t = useTexts(texts);
  const c = useTexts(common);
  const [method, setMethod] = useState("test_success");
  const { stage, problem, keep, confirm, clear } = useNewCard();
  if (stage.kind === "challenge") {
    const answered = () => void confirm(stage.setup, onKept);
    return (
      <ChallengeSheet
        challenge={stage.challenge}
        isTest={wallet.is_test}
        onAnswered={answered}
        onClose={clear}
      />
    );
  }
  return (
    <Sheet title={t.add} onClose={onClose}>
      <div class="stack">
        <Note icon="info">{c.test}</Note>
        <TestCards value={method} onChange={setMethod} />
        {problem && <Note kind="bad">{told(problem, wallet.currency)}</Note>}
        <Button kind="primary" wide busy={stage.kind === "asking"} onClick={() => void keep(method, onKept)}>
          {t.keep}
        </Button>
      </div>
    </Sheet>
  );
}

function Forget({ card, wallet, onClose }: { card: Card; wallet: Wallet; onClose: () => void }) {
  const t = useTexts(texts);
  const { api } = useApp();
  const named = useCardName();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const forget = async () => {
    setBusy(true);
    const answer = await api.call("DELETE", `/wallet/cards/${card.id}`);
    setBusy(false);
    // Gone already is what was wanted.
    if (answer.ok || answer.problem.status === 404) onClose();
    else setProblem(told(answer.problem, wallet.currency));
  };
  const isReloading = wallet.auto_reload?.enabled && wallet.auto_reload.card === card.id;
  return (
    <Sheet title={t.forget} onClose={onClose}>
      <div class="stack">
        <p>
          <strong>{named(card)}</strong>
        </p>
        <p>
          {t.forgetText} {isReloading && t.forgetReload}
        </p>
        {problem && <Note kind="bad">{problem}</Note>}
        <Button kind="danger" wide icon="trash" busy={isBusy} onClick={() => void forget()}>
          {t.forgetNow}
        </Button>
      </div>
    </Sheet>
  );
}
