/** One device: rename it, sign it out. */

import { Button, Field, Note, Sheet } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import type { App } from "../../app/app";
import { useAppState } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { texts } from "./texts";

export interface DeviceDoc {
  id: string;
  name: string;
  platform: "app" | "web" | "kiosk";
  created_at: string;
}

const NAME_MAX = 60;

/** Sign a device out; one that is signed out already is what was wanted. Return why not, or null. */
export async function signDeviceOut(app: App, id: string): Promise<string | null> {
  const answer = await app.api.call("DELETE", `/devices/${id}`);
  if (!answer.ok && answer.problem.code !== "device_not_found") return sentence(answer.problem);
  await app.refresh();
  return null;
}

interface DeviceSheetProps {
  device: DeviceDoc;
  isHere: boolean;
  onClose: () => void;
}

export function DeviceSheet({ device, isHere, onClose }: DeviceSheetProps) {
  const t = useTexts(texts);
  const app = useAppState();
  const [name, setName] = useState(device.name);
  const [busy, setBusy] = useState<"rename" | "out" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const ended = (why: string | null, text: string) => {
    setBusy(null);
    setProblem(why);
    if (why === null) {
      say({ text, kind: "good" });
      onClose();
    }
  };
  const rename = async () => {
    setBusy("rename");
    const answer = await app.api.call("PATCH", `/devices/${device.id}`, { body: { name: name.trim() } });
    if (answer.ok) await app.refresh();
    ended(answer.ok ? null : sentence(answer.problem), t.renamed);
  };
  const signOut = async () => {
    setBusy("out");
    ended(await signDeviceOut(app, device.id), t.signedOut);
  };
  const { online } = app.health;
  return (
    <Sheet title={device.name} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void rename();
        }}
      >
        {problem && <Note kind="bad">{problem}</Note>}
        <Field label={t.name} value={name} maxLength={NAME_MAX} autoComplete="off" onInput={setName} />
        <Button
          type="submit"
          wide
          busy={busy === "rename"}
          disabled={!online || name.trim() === "" || name.trim() === device.name}
        >
          {t.rename}
        </Button>
        {!isHere && (
          <>
            <p class="quiet-text">{t.signOutText}</p>
            <Button
              kind="danger"
              icon="log-out"
              wide
              busy={busy === "out"}
              disabled={!online}
              onClick={() => void signOut()}
            >
              {t.signOut}
            </Button>
          </>
        )}
      </form>
    </Sheet>
  );
}

export function OthersSheet({ devices, onClose }: { devices: DeviceDoc[]; onClose: () => void }) {
  const t = useTexts(texts);
  const app = useAppState();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const signOut = async () => {
    setBusy(true);
    const whys = await Promise.all(devices.map((each) => signDeviceOut(app, each.id)));
    const why = whys.find((each) => each !== null) ?? null;
    setBusy(false);
    setProblem(why);
    if (why === null) {
      say({ text: t.othersDone, kind: "good" });
      onClose();
    }
  };
  return (
    <Sheet title={t.others} onClose={onClose}>
      <div class="stack">
        <p>{t.othersText(devices.length)}</p>
        {problem && <Note kind="bad">{problem}</Note>}
        <Button kind="danger" wide busy={busy} onClick={() => void signOut()}>
          {t.others}
        </Button>
        <Button kind="quiet" wide onClick={onClose}>
          {t.cancel}
        </Button>
      </div>
    </Sheet>
  );
}
