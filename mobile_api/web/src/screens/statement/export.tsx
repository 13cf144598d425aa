/** Take the statement along: as a table, or signed so that it proves itself. The files are the server's, byte by byte. */

import { Button, Note, Row, Rows, Sheet } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useAppState } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { saveFile } from "../account/files";
import { texts } from "./texts";

const FILES = ["csv", "json"] as const;

export function Export() {
  const t = useTexts(texts);
  const app = useAppState();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        kind="quiet"
        icon="download"
        label={t.take}
        disabled={!app.health.online}
        onClick={() => setOpen(true)}
      />
      {isOpen && (
        <Sheet title={t.take} onClose={() => setOpen(false)}>
          <Files onSaved={() => setOpen(false)} />
        </Sheet>
      )}
    </>
  );
}

function Files({ onSaved }: { onSaved: () => void }) {
  const t = useTexts(texts);
  const { api } = useAppState();
  const [asked, setAsked] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (ending: (typeof FILES)[number]) => {
    setAsked(ending);
    setProblem(null);
    const answer = await api.get<Blob>(`/statement.${ending}`, { file: true });
    setAsked(null);
    if (!answer.ok) return setProblem(sentence(answer.problem));
    saveFile(answer.data, `statement.${ending}`);
    say({ text: t.saved, kind: "good" });
    onSaved();
  };
  return (
    <div class="stack">
      {problem && <Note kind="bad">{problem}</Note>}
      <Rows label={t.take}>
        {FILES.map((each) => (
          <Row
            key={each}
            icon={each === "csv" ? "download" : "shield"}
            title={t[each]}
            detail={each === "csv" ? t.csvText : t.jsonText}
            end={asked === each ? "…" : undefined}
            onClick={() => asked === null && void save(each)}
          />
        ))}
      </Rows>
    </div>
  );
}
