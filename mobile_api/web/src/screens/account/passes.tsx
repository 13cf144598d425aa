/** The card in the phone's own wallet. */

import { Button, Card, Empty, Note, Skeleton } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { useAppState } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { Screen } from "../../app/screen";
import { saveFile } from "./files";
import { usePasses } from "./offered";
import { texts } from "./texts";

export default function Passes() {
  const t = useTexts(texts);
  const passes = usePasses();
  const { health } = useAppState();
  return (
    <Screen title={t.passes} up="/me">
      {passes === null && health.online && <Skeleton label={t.passes} lines={2} />}
      {passes !== null && !passes.apple && !passes.google && (
        <Empty icon="credit-card" title={t.none} text={t.noneText} />
      )}
      {!health.online && <Note kind="warn">{t.offline}</Note>}
      {(passes?.apple || passes?.google) && (
        <Card>
          <p>{t.passesText}</p>
          <p class="quiet-text">{t.asks}</p>
          <Buttons apple={passes.apple} google={passes.google} disabled={!health.online} />
        </Card>
      )}
    </Screen>
  );
}

function Buttons({ apple, google, disabled }: { apple: boolean; google: boolean; disabled: boolean }) {
  const t = useTexts(texts);
  const { api } = useAppState();
  const [busy, setBusy] = useState<"apple" | "google" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const add = async (kind: "apple" | "google") => {
    setBusy(kind);
    setProblem(null);
    const answer =
      kind === "apple"
        ? await api.get<Blob>("/passes/apple", { file: true })
        : await api.get<{ url: string }>("/passes/google");
    setBusy(null);
    if (!answer.ok) setProblem(sentence(answer.problem));
    else if (answer.data instanceof Blob) saveFile(answer.data, "card.pkpass");
    else location.assign(answer.data.url);
  };
  return (
    <div class="stack">
      {problem && <Note kind="bad">{problem}</Note>}
      {apple && (
        <Button
          kind="primary"
          wide
          icon="wallet"
          busy={busy === "apple"}
          disabled={disabled}
          onClick={() => void add("apple")}
        >
          {t.apple}
        </Button>
      )}
      {google && (
        <Button
          kind="primary"
          wide
          icon="wallet"
          busy={busy === "google"}
          disabled={disabled}
          onClick={() => void add("google")}
        >
          {t.google}
        </Button>
      )}
    </div>
  );
}
