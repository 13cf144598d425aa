/** Your data and account: take everything along, or have everything erased. */

import { Button, Card, Note } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useAppState } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { Screen } from "../../app/screen";
import { Delete } from "./delete";
import { saveFile } from "./files";
import { texts } from "./texts";

export default function Account() {
  const t = useTexts(texts);
  const { health } = useAppState();
  const [isDeleting, setDeleting] = useState(false);
  return (
    <Screen title={t.title} up="/me">
      {!health.online && <Note kind="warn">{t.offline}</Note>}
      <Export disabled={!health.online} />
      <Card>
        <h2 class="first">{t.delete}</h2>
        <p class="quiet-text">{t.deleteText}</p>
        <p>
          <Button kind="danger" icon="trash" disabled={!health.online} onClick={() => setDeleting(true)}>
            {t.begin}
          </Button>
        </p>
      </Card>
      {isDeleting && <Delete onClose={() => setDeleting(false)} />}
    </Screen>
  );
}

function Export({ disabled }: { disabled: boolean }) {
  const t = useTexts(texts);
  const app = useAppState();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    setBusy(true);
    setProblem(null);
    const answer = await app.api.get<Blob>("/me/export", { file: true });
    setBusy(false);
    if (!answer.ok) {
      setProblem(sentence(answer.problem));
      return;
    }
    saveFile(answer.data, `regulars-${new Date().toISOString().slice(0, 10)}.json`);
    say({ text: t.saved, kind: "good" });
  };
  return (
    <Card>
      <h2 class="first">{t.export}</h2>
      <p class="quiet-text">{t.exportText}</p>
      {problem && <Note kind="bad">{problem}</Note>}
      <p>
        <Button icon="download" busy={busy} disabled={disabled} onClick={() => void save()}>
          {t.exportNow}
        </Button>
      </p>
    </Card>
  );
}
