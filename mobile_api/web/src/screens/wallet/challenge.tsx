/** The bank asks the card's holder: the demo's bank right here, a real one on its own page. */

import { Button, Note, Sheet } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { useApp } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { leave, useShownAgain } from "./leaving";
import type { Challenge } from "./wire";

const texts = both({
  en: {
    title: "Your bank asks: is this you?",
    test: "TEST: this is the demo’s bank. No card is charged and no money moves.",
    ask: "Confirm the payment, or refuse it: then nothing is charged.",
    approve: "Approve (TEST)",
    refuse: "Refuse (TEST)",
    page: "Your bank wants you to confirm this on its own page. Then it sends you back here.",
    open: "Go to the bank’s page",
    over: "This question of your bank’s cannot be answered any more. Nothing was charged: begin anew.",
  },
  fr: {
    title: "Votre banque demande : est-ce vous ?",
    test: "TEST : voici la banque de la démonstration. Aucune carte n’est débitée, aucun argent ne circule.",
    ask: "Confirmez le paiement, ou refusez-le : rien ne sera alors débité.",
    approve: "Approuver (TEST)",
    refuse: "Refuser (TEST)",
    page: "Votre banque veut votre confirmation sur sa propre page. Elle vous renverra ensuite ici.",
    open: "Aller à la page de la banque",
    over: "On ne peut plus répondre à cette question de votre banque. Rien n’a été débité : recommencez.",
  },
});

interface ChallengeProps {
  challenge: Challenge;
  isTest: boolean;
  /** What is being loaded, to be known again after the bank's page. */
  amountMinor?: number;
  /** The holder has said yes or no: ask the server what became of it. */
  onAnswered: () => void;
  onClose: () => void;
}

export function ChallengeSheet({ challenge, isTest, amountMinor, onAnswered, onClose }: ChallengeProps) {
  const t = useTexts(texts);
  const bank = isTest && challenge.url ? testBank(challenge.url) : null;
  return (
    <Sheet title={t.title} onClose={onClose}>
      <div class="stack">
        {bank ? (
          <TestBank {...bank} onAnswered={onAnswered} />
        ) : challenge.url ? (
          <BankPage url={challenge.url} amountMinor={amountMinor ?? null} />
        ) : (
          <Note kind="warn">{t.over}</Note>
        )}
      </div>
    </Sheet>
  );
}

function BankPage({ url, amountMinor }: { url: string; amountMinor: number | null }) {
  const t = useTexts(texts);
  const app = useApp();
  const [isBusy, setBusy] = useState(false);
  useShownAgain(() => setBusy(false));
  const open = () => {
    setBusy(true);
    void leave(app, url, { amount_minor: amountMinor });
  };
  return (
    <>
      <p>{t.page}</p>
      <Button kind="primary" wide icon="shield" busy={isBusy} onClick={open}>
        {t.open}
      </Button>
    </>
  );
}

interface Bank {
  path: string;
  secret: string;
}

function TestBank({ path, secret, onAnswered }: Bank & { onAnswered: () => void }) {
  const t = useTexts(texts);
  const { api } = useApp();
  const [said, setSaid] = useState<boolean | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const answer = async (approve: boolean) => {
    setSaid(approve);
    const got = await api.post(path, { secret, approve }, { open: true });
    setSaid(null);
    // Answered already (the first answer got lost): what became of it is asked next anyway.
    if (got.ok || got.problem.status === 409) onAnswered();
    else setProblem(got.problem);
  };
  return (
    <>
      <Note icon="shield">{t.test}</Note>
      <p>{t.ask}</p>
      {problem && <Note kind="bad">{sentence(problem)}</Note>}
      <Button kind="primary" wide busy={said === true} onClick={() => void answer(true)}>
        {t.approve}
      </Button>
      <Button wide busy={said === false} onClick={() => void answer(false)}>
        {t.refuse}
      </Button>
    </>
  );
}

/** Return where the demo's bank takes the answer; null where this is another's page. */
function testBank(url: string): Bank | null {
  const { pathname, searchParams } = new URL(url, location.origin);
  const found = /^\/api\/v1(\/test-card\/challenges\/[\w-]+)$/.exec(pathname);
  return found?.[1] ? { path: found[1], secret: searchParams.get("secret") ?? "" } : null;
}
