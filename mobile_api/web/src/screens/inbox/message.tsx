/** One message, and what can be done about it. */

import { date } from "@ui/format";
import { Button, Note, Sheet } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useAppState } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { go } from "../../app/router";
import type { MessageDoc } from "../../app/wire";
import { leadOf } from "./actions";
import { texts } from "./texts";

export function MessageSheet({ message, onClose }: { message: MessageDoc; onClose: () => void }) {
  const t = useTexts(texts);
  const lead = leadOf(message);
  const { text, to } = lead;
  return (
    <Sheet title={words(message.title) || t.message} onClose={onClose}>
      <div class="stack">
        <p class="message-text">{words(message.text)}</p>
        <p class="quiet-text">{date(message.created_at, "moment")}</p>
        <NotMe message={message} onDone={onClose} />
        {text && to && (
          <Button
            wide
            kind={message.kind.endsWith("_added") ? "plain" : "primary"}
            onClick={() => go(to(message.data))}
          >
            {t[text]}
          </Button>
        )}
        <Button kind="quiet" wide onClick={onClose}>
          {t.close}
        </Button>
      </div>
    </Sheet>
  );
}

/** Somebody else's device or passkey on one's account: gone with one tap. Who did it on this device sees no such thing. */
function NotMe({ message, onDone }: { message: MessageDoc; onDone: () => void }) {
  const t = useTexts(texts);
  const app = useAppState();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const about = target(message);
  const isThere = about !== null && app.replica.get(`${about.kind}/${about.id}`) !== undefined;
  if (about === null || !isThere || about.id === app.session?.device) return null;
  const isDevice = about.kind === "device";
  const undo = async () => {
    setBusy(true);
    const answer = await app.api.call("DELETE", `/${about.kind}s/${about.id}`);
    setBusy(false);
    if (!answer.ok && answer.problem.status !== 404) {
      setProblem(sentence(answer.problem));
      return;
    }
    await app.refresh();
    say({ text: isDevice ? t.signedOut : t.deleted, kind: "good" });
    onDone();
  };
  return (
    <>
      {problem && <Note kind="bad">{problem}</Note>}
      {!app.health.online && <Note kind="warn">{t.offline}</Note>}
      <Button kind="danger" wide busy={busy} disabled={!app.health.online} onClick={() => void undo()}>
        {isDevice ? t.notMe : t.notMePasskey}
      </Button>
    </>
  );
}

function target(message: MessageDoc): { kind: "device" | "passkey"; id: string } | null {
  if (message.kind === "device_added") return { kind: "device", id: String(message.data.device) };
  if (message.kind === "passkey_added") return { kind: "passkey", id: String(message.data.passkey) };
  return null;
}
