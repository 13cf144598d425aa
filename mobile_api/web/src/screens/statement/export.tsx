/** Take the statement along: as a table, or signed so that it proves itself. The files are the server's, byte by byte. */

import { Note, Row, Rows } from "@ui/parts";
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
  const [asked, setAsked] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (ending: (typeof FILES)[number]) => {
    setAsked(ending);
    setProblem(null);
    const answer = await app.api.get<Blob>(`/statement.${ending}`, { file: true });
    setAsked(null);
    if (!answer.ok) return setProblem(sentence(answer.problem));
    saveFile(answer.data, `statement.${ending}`);
    say({ text: t.saved, kind: "good" });
  };
  if (!app.health.online) return null;
  return (
    <>
      <h2>{t.take}</h2>
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
    </>
  );
}
