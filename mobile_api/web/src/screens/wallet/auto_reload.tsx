/** Auto-reload: below so much, load so much from a kept card; with the guard that protects it from thieves. */

import { money } from "@ui/format";
import { Button, Choice, Note, Row, Rows, Sheet, Switch } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useApp } from "../../app/hooks";
import { useCardName } from "./card_pick";
import { AddCard } from "./cards";
import { declined, told } from "./refusals";
import type { AutoReload as Settings, Wallet } from "./wire";

const THRESHOLDS = [500, 1000, 2000, 5000];
const AMOUNTS = [1000, 2500, 5000, 10_000];

const texts = both({
  en: {
    title: "Auto-reload",
    off: "Off",
    on: (below: string, amount: string) => `Below ${below}, load ${amount}`,
    never: "Never stand at the till with an empty wallet",
    stopped: "We switched it off:",
    enabled: "Load by itself",
    enabledText: "Checked after every payment from your wallet, three times a day at most.",
    below: "When there is less than",
    amount: "Load",
    card: "From",
    guard:
      "To protect your money it cannot be switched on or raised within 24 hours of a new device or a changed address. Every change is told to all your addresses.",
    needsCard: "It needs a card that is kept.",
    add: "Add a card",
    save: "Save",
    saved: "Saved",
  },
  fr: {
    title: "Recharge automatique",
    off: "Désactivée",
    on: (below: string, amount: string) => `Sous ${below}, recharger ${amount}`,
    never: "Jamais à la caisse avec un portefeuille vide",
    stopped: "Nous l’avons désactivée :",
    enabled: "Recharger tout seul",
    enabledText: "Vérifié après chaque paiement du portefeuille, trois fois par jour au plus.",
    below: "Quand il reste moins de",
    amount: "Recharger",
    card: "Depuis",
    guard:
      "Pour protéger votre argent, elle ne peut être activée ni relevée dans les 24 heures qui suivent un nouvel appareil ou un changement d’adresse. Chaque modification est annoncée à toutes vos adresses.",
    needsCard: "Il faut une carte gardée.",
    add: "Ajouter une carte",
    save: "Enregistrer",
    saved: "Enregistré",
  },
});

interface Props {
  wallet: Wallet;
  isOnline: boolean;
  onChange: () => void;
}

export function AutoReload({ wallet, isOnline, onChange }: Props) {
  const t = useTexts(texts);
  const [isOpen, setOpen] = useState(false);
  const set = wallet.auto_reload;
  const amount = (minor: number) => money(minor, wallet.currency);
  return (
    <>
      <h2>{t.title}</h2>
      {set?.stopped_because && (
        <Note kind="warn">
          {t.stopped} {declined(set.stopped_because)}
        </Note>
      )}
      <Rows label={t.title}>
        <Row
          icon="refresh"
          title={set?.enabled ? t.on(amount(set.threshold_minor), amount(set.amount_minor)) : t.off}
          detail={set?.enabled ? "" : t.never}
          {...(isOnline && { onClick: () => setOpen(true) })}
        />
      </Rows>
      {isOpen && (
        <SettingsSheet
          wallet={wallet}
          onCards={onChange}
          onClose={() => {
            setOpen(false);
            onChange();
          }}
        />
      )}
    </>
  );
}

interface SheetProps {
  wallet: Wallet;
  onCards: () => void;
  onClose: () => void;
}

function SettingsSheet({ wallet, onCards, onClose }: SheetProps) {
  const t = useTexts(texts);
  const [isAdding, setAdding] = useState(false);
  if (isAdding) {
    const back = () => {
      setAdding(false);
      onCards();
    };
    return <AddCard wallet={wallet} onClose={back} onKept={back} />;
  }
  return (
    <Sheet title={t.title} onClose={onClose}>
      <div class="stack">
        {wallet.cards.length === 0 ? (
          <>
            <Note>{t.needsCard}</Note>
            <Button kind="primary" wide icon="plus" onClick={() => setAdding(true)}>
              {t.add}
            </Button>
          </>
        ) : (
          <SettingsForm wallet={wallet} onSaved={onClose} />
        )}
        <p class="quiet-text">{t.guard}</p>
      </div>
    </Sheet>
  );
}

/** What is set; or what would be sensible, where nothing is or its card is gone. */
function start(wallet: Wallet): Omit<Settings, "stopped_because"> {
  const set = wallet.auto_reload;
  const card = wallet.cards.find((each) => each.id === set?.card) ?? wallet.cards[0];
  return {
    enabled: set?.enabled ?? true,
    threshold_minor: set?.threshold_minor ?? 1000,
    amount_minor: set?.amount_minor ?? 2500,
    card: card?.id ?? "",
  };
}

/** The offered amounts, and the one that is set, whatever it is. */
const among = (offered: number[], set: number): number[] =>
  [...new Set([...offered, set])].sort((one, two) => one - two);

function SettingsForm({ wallet, onSaved }: { wallet: Wallet; onSaved: () => void }) {
  const t = useTexts(texts);
  const { api } = useApp();
  const named = useCardName();
  const [set, setSet] = useState(() => start(wallet));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const change = (values: Partial<Settings>) => {
    setSet({ ...set, ...values });
    setProblem(null);
  };
  const save = async () => {
    setBusy(true);
    const answer = await api.call("PUT", "/wallet/auto-reload", { body: set });
    setBusy(false);
    if (!answer.ok) return setProblem(told(answer.problem, wallet.currency));
    say({ text: t.saved, kind: "good" });
    onSaved();
  };
  const amounts = (those: number[]) =>
    those.map((each) => ({ value: String(each), label: money(each, wallet.currency) }));
  const offered = AMOUNTS.filter(
    (each) => each >= wallet.top_up_min_minor && each <= wallet.top_up_max_minor,
  );
  return (
    <form
      class="even"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Switch
        label={t.enabled}
        detail={t.enabledText}
        checked={set.enabled}
        onChange={(enabled) => change({ enabled })}
      />
      <Choice
        label={t.below}
        value={String(set.threshold_minor)}
        options={amounts(among(THRESHOLDS, set.threshold_minor))}
        inline
        onChange={(value) => change({ threshold_minor: Number(value) })}
      />
      <Choice
        label={t.amount}
        value={String(set.amount_minor)}
        options={amounts(among(offered, set.amount_minor))}
        inline
        onChange={(value) => change({ amount_minor: Number(value) })}
      />
      <Choice
        label={t.card}
        value={set.card}
        options={wallet.cards.map((each) => ({ value: each.id, label: named(each) }))}
        onChange={(card) => change({ card })}
      />
      <div class="stack">
        {problem && <Note kind="bad">{problem}</Note>}
        <Button kind="primary" type="submit" wide busy={isBusy}>
          {t.save}
        </Button>
      </div>
    </form>
  );
}
