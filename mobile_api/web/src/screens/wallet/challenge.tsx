/** The bank asks the card's holder: the demo's bank right here, a real one on its own page. */

import { Button, Note, Sheet } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { useApp } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import type { Challenge } from "./wire";

const texts = both({
  en: {
    title: "Your bank asks: is this you?",
    test: "TEST: this is the demo’s bank. No card is charged and no money moves.",
    ask: "Confirm the payment, or refuse it: then nothing is charged.",
    approve: "Approve (TEST)",
    refuse: "Refuse (TEST)",
    page: "Your bank wants you to confirm this on its own page. Come back here afterwards.",
    open: "Open the bank’s page",
    answered: "I have answered",
    other:
      "Your bank wants you to confirm this in a form that this app does not have. Nothing was charged: use another card, or pay in cash at the till.",
    look: "Look again",
  },
  fr: {
    title: "Votre banque demande : est-ce vous ?",
    test: "TEST : voici la banque de la démonstration. Aucune carte n’est débitée, aucun argent ne circule.",
    ask: "Confirmez le paiement, ou refusez-le : rien ne sera alors débité.",
    approve: "Approuver (TEST)",
    refuse: "Refuser (TEST)",
    page: "Votre banque veut votre confirmation sur sa propre page. Revenez ensuite ici.",
    open: "Ouvrir la page de la banque",
    answered: "J’ai répondu",
    other:
      "Votre banque veut votre confirmation par un formulaire absent de cette application. Rien n’a été débité : prenez une autre carte, ou payez en espèces à la caisse.",
    look: "Regarder encore",
  },
});

interface ChallengeProps {
  challenge: Challenge;
  isTest: boolean;
  /** The holder has said yes or no: ask the server what became of it. */
  onAnswered: () => void;
  onClose: () => void;
}

export function ChallengeSheet({ challenge, isTest, onAnswered, onClose }: ChallengeProps) {
  const t = useTexts(texts);
  const bank = isTest && challenge.url ? testBank(challenge.url) : null;
  return (
    <Sheet title={t.title} onClose={onClose}>
      <div class="stack">
        {bank ? (
          <TestBank {...bank} onAnswered={onAnswered} />
        ) : challenge.url ? (
          <>
            <p>{t.page}</p>
            <a class="button primary wide" href={challenge.url} target="_blank" rel="noreferrer">
              {t.open}
            </a>
            <Button wide onClick={onAnswered}>
              {t.answered}
            </Button>
          </>
        ) : (
          <>
            <Note kind="warn">{t.other}</Note>
            <Button wide onClick={onAnswered}>
              {t.look}
            </Button>
          </>
        )}
      </div>
    </Sheet>
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
