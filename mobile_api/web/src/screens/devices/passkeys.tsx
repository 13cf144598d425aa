/** Passkeys: made on this device, renamed, deleted; and offered once on Home. */

import { ago, date } from "@ui/format";
import { Button, Card, Field, Icon, Note, Row, Rows, Sheet } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { systemName } from "../../app/device";
import { useAnswer, useAppState, useDocs } from "../../app/hooks";
import { addPasskey, hasPasskeys } from "../../app/passkeys";
import { sentence } from "../../app/refusals";
import { texts } from "./texts";

interface PasskeyDoc {
  id: string;
  name: string;
  created_at: string;
}

const NAME_MAX = 60;
const OFFERED = "passkey-offered";

/** Make a passkey on this device, and say how it went. */
function useAdding(): { busy: boolean; problem: string | null; add: () => Promise<boolean> } {
  const t = useTexts(texts);
  const app = useAppState();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const told = (found: Problem) =>
    sentence(found, "USD", { passkey_taken: t.taken, too_many_passkeys: t.tooMany });
  const add = async () => {
    setBusy(true);
    const answer = await addPasskey(app.api, t.passkeyOn(systemName()));
    if (answer?.ok) await app.refresh();
    setBusy(false);
    setProblem(answer === null ? t.notAdded : answer.ok ? null : told(answer.problem));
    if (answer?.ok) say({ text: t.added, kind: "good" });
    return answer?.ok ?? false;
  };
  return { busy, problem, add };
}

export function Passkeys() {
  const t = useTexts(texts);
  const { health } = useAppState();
  const passkeys = useDocs<PasskeyDoc>("passkey").map(([, doc]) => doc);
  const { busy, problem, add } = useAdding();
  const [chosen, setChosen] = useState<string | null>(null);
  const opened = passkeys.find((each) => each.id === chosen);
  const used = useUsed();
  const detail = (passkey: PasskeyDoc) => {
    const last = used.get(passkey.id);
    const made = t.created(date(passkey.created_at, "day"));
    return last ? `${made}, ${t.used(ago(last))}` : made;
  };
  return (
    <>
      <h2>{t.passkeys}</h2>
      <p class="quiet-text">{t.passkeysText}</p>
      {passkeys.length > 0 && (
        <Rows label={t.passkeys}>
          {passkeys.map((each) => (
            <Row
              key={each.id}
              icon="key"
              title={each.name}
              detail={detail(each)}
              onClick={() => setChosen(each.id)}
            />
          ))}
        </Rows>
      )}
      {problem && <Note kind="warn">{problem}</Note>}
      {hasPasskeys() ? (
        <div>
          <Button icon="key" busy={busy} disabled={!health.online} onClick={() => void add()}>
            {t.add}
          </Button>
        </div>
      ) : (
        <p class="quiet-text">{t.unable}</p>
      )}
      {opened && <PasskeySheet passkey={opened} onClose={() => setChosen(null)} />}
    </>
  );
}

/** When each passkey was last used: not synchronized, so without a network it is not shown. */
function useUsed(): Map<string, string | null> {
  const { answer } = useAnswer<{ passkeys: { id: string; last_used_at: string | null }[] }>("/passkeys");
  return new Map(answer?.ok ? answer.data.passkeys.map((each) => [each.id, each.last_used_at]) : []);
}

function PasskeySheet({ passkey, onClose }: { passkey: PasskeyDoc; onClose: () => void }) {
  const t = useTexts(texts);
  const app = useAppState();
  const [name, setName] = useState(passkey.name);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const act = async (method: "PATCH" | "DELETE", text: string) => {
    setBusy(true);
    const body = method === "PATCH" ? { body: { name: name.trim() } } : {};
    const answer = await app.api.call(method, `/passkeys/${passkey.id}`, body);
    setBusy(false);
    if (!answer.ok && answer.problem.status !== 404) {
      setProblem(sentence(answer.problem));
      return;
    }
    await app.refresh();
    say({ text, kind: "good" });
    onClose();
  };
  const isSame = name.trim() === "" || name.trim() === passkey.name;
  return (
    <Sheet title={passkey.name} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void act("PATCH", t.renamed);
        }}
      >
        {problem && <Note kind="bad">{problem}</Note>}
        <Field label={t.name} value={name} maxLength={NAME_MAX} autoComplete="off" onInput={setName} />
        <Button type="submit" wide busy={busy} disabled={isSame || !app.health.online}>
          {t.rename}
        </Button>
        <p class="quiet-text">{t.deleteText}</p>
        <Button
          kind="danger"
          icon="trash"
          wide
          disabled={busy || !app.health.online}
          onClick={() => void act("DELETE", t.deleted)}
        >
          {t.delete}
        </Button>
      </form>
    </Sheet>
  );
}

/** On Home, after the first sign-in: said once, and never again after an answer. */
export function OfferPasskey() {
  const t = useTexts(texts);
  const app = useAppState();
  const [isOpen, setOpen] = useState(false);
  const has = useDocs("passkey").length > 0;
  const { busy, problem, add } = useAdding();
  useEffect(() => {
    void app.keeping.get("choice", OFFERED).then((answered) => setOpen(answered === undefined));
  }, [app]);
  if (!isOpen || has || !hasPasskeys() || app.replica.version === null) return null;
  const answer = async (isWanted: boolean) => {
    if (isWanted && !(await add())) return;
    await app.keeping.put("choice", true, OFFERED);
    setOpen(false);
  };
  return (
    <Card kind="soft">
      <h2 class="first">
        <Icon name="key" size={20} /> {t.offer}
      </h2>
      <p>{t.offerText}</p>
      {problem && <Note kind="warn">{problem}</Note>}
      <div class="buttons">
        <Button kind="primary" busy={busy} disabled={!app.health.online} onClick={() => void answer(true)}>
          {t.add}
        </Button>
        <Button kind="quiet" onClick={() => void answer(false)}>
          {t.later}
        </Button>
      </div>
    </Card>
  );
}
