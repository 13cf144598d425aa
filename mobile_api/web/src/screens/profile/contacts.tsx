/** The addresses that sign in: a new one proves itself by a code, and one must stay. Kept for reading without a network. */

import { Button, Icon, Note, Row, Rows, Sheet } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useEffect, useState } from "preact/hooks";
import { useApp, useAppState } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { AddContact } from "./add_contact";
import { texts } from "./texts";

export interface Contact {
  id: string;
  kind: "email" | "phone";
  value: string;
}

export interface Me {
  contacts: Contact[];
}

/** Read the addresses, from this device first; `take` shows what an act has answered. */
function useContacts(): { contacts: Contact[] | null; take: (me: Me) => void } {
  const app = useApp();
  const [contacts, setContacts] = useState<Contact[] | null>(null);
  useEffect(() => {
    let isOver = false;
    const take = (me: Me | null) => isOver || me === null || setContacts(me.contacts);
    void app.api.cached<Me>("/me", take, false).then(take);
    return () => {
      isOver = true;
    };
  }, [app]);
  return { contacts, take: (me) => setContacts(me.contacts) };
}

export function Contacts() {
  const t = useTexts(texts);
  const { health } = useAppState();
  const { contacts, take } = useContacts();
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Contact | null>(null);
  const close = () => {
    setAdding(false);
    setLeaving(null);
  };
  const done = (me: Me, text: string) => {
    take(me);
    close();
    say({ text, kind: "good" });
  };
  return (
    <>
      <h2>{t.addresses}</h2>
      <p class="quiet-text">
        {health.online ? t.addressesText : contacts ? t.addressesOffline : t.noAddresses}
      </p>
      {contacts && (
        <Rows label={t.addresses}>
          {contacts.map((each) => (
            <Row
              key={each.id}
              icon={each.kind === "email" ? "mail" : "smartphone"}
              title={each.value}
              end={
                contacts.length > 1 && (
                  <Button
                    kind="quiet"
                    icon="x"
                    label={t.remove(each.value)}
                    disabled={!health.online}
                    onClick={() => setLeaving(each)}
                  />
                )
              }
            />
          ))}
        </Rows>
      )}
      <div>
        <Button disabled={!health.online} onClick={() => setAdding(true)}>
          <Icon name="plus" size={20} />
          {t.add}
        </Button>
      </div>
      {isAdding && <AddContact onClose={close} onDone={(me) => done(me, t.added)} />}
      {leaving && <Remove contact={leaving} onClose={close} onDone={(me) => done(me, t.removed)} />}
    </>
  );
}

interface RemoveProps {
  contact: Contact;
  onClose: () => void;
  onDone: (me: Me) => void;
}

function Remove({ contact, onClose, onDone }: RemoveProps) {
  const t = useTexts(texts);
  const app = useApp();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const remove = async () => {
    setBusy(true);
    const answer = await app.api.call<Me>("DELETE", `/me/contacts/${contact.id}`);
    setBusy(false);
    if (answer.ok) onDone(answer.data);
    else setProblem(sentence(answer.problem, "USD", { last_contact: t.last }));
  };
  return (
    <Sheet title={t.remove(contact.value)} onClose={onClose}>
      <div class="stack">
        <p>{t.removeText(contact.value)}</p>
        {problem && <Note kind="bad">{problem}</Note>}
        <Button kind="danger" wide busy={busy} onClick={() => void remove()}>
          {t.removeNow}
        </Button>
        <Button kind="quiet" wide onClick={onClose}>
          {t.keep}
        </Button>
      </div>
    </Sheet>
  );
}
