/** The demo's mailbox: what would have been sent, where nothing is sent. In production there is none, and nothing here. */

import { date } from "@ui/format";
import { Button } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../../app/hooks";
import { texts } from "./texts";

interface Mail {
  id: string;
  to: string;
  subject: string;
  text: string;
  sent_at: string;
}

/** A mail that came so long before the first look belongs to an earlier sign-in: its code is not good any more. */
const EARLIER_MS = 5000;
const EVERY_MS = { waiting: 300, after: 2000 };

export function Mailbox({ address, onCode }: { address: string; onCode: (code: string) => void }) {
  const t = useTexts(texts);
  const { api } = useApp();
  const [mails, setMails] = useState<Mail[] | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let since: number | null = null;
    const look = async () => {
      const answer = await api.get<{ items: Mail[]; now: string }>("/dev/mailbox", { open: true });
      if (isOver || (!answer.ok && answer.problem.status === 404)) return;
      const { items, now } = answer.ok ? answer.data : { items: [], now: null };
      if (now !== null) since ??= Date.parse(now) - EARLIER_MS;
      const isNew = (mail: Mail) => isTo(mail, address) && Date.parse(mail.sent_at) >= (since ?? 0);
      const found = items.filter(isNew).slice(0, 3);
      if (answer.ok) setMails(found);
      timer = setTimeout(look, found.length ? EVERY_MS.after : EVERY_MS.waiting);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [api, address]);
  if (mails === null) return null;
  return (
    <section class="mailbox" aria-live="polite">
      <h2>{t.mailbox}</h2>
      <p class="quiet-text">{t.mailboxText}</p>
      {mails.map((mail) => (
        <article key={mail.id} class="mail">
          <p class="line">
            <strong>{mail.subject || mail.to}</strong>
            <span class="quiet-text">{date(mail.sent_at, "time")}</span>
          </p>
          <p>{mail.text}</p>
          {codeIn(mail) && <Button onClick={() => onCode(codeIn(mail) as string)}>{t.use}</Button>}
        </article>
      ))}
    </section>
  );
}

/** A phone number is written in many ways: its last digits tell. */
function isTo(mail: Mail, address: string): boolean {
  if (address.includes("@")) return mail.to.toLowerCase() === address.toLowerCase();
  return mail.to.replace(/\D/g, "").endsWith(address.replace(/\D/g, "").slice(-9));
}

const codeIn = (mail: Mail): string | undefined =>
  mail.text.match(/\b\d{6}\b/)?.[0] ?? mail.subject.match(/\b\d{6}\b/)?.[0];
