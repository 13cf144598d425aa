/** A further address, proven by a code that was sent there. */

import { Button, Field, Sheet } from "@ui/parts";
import { currentLocale, useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { addressed } from "../../app/address";
import type { Problem } from "../../app/api";
import { CodeField } from "../../app/code_field";
import { useApp } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { Mailbox } from "../sign_in/mailbox";
import type { Me } from "./contacts";
import { texts } from "./texts";

export function AddContact({ onClose, onDone }: { onClose: () => void; onDone: (me: Me) => void }) {
  const t = useTexts(texts);
  const app = useApp();
  const [address, setAddress] = useState("");
  const [code, setCode] = useState("");
  const [isSent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const told = (problem: Problem) =>
    sentence(problem, "USD", {
      contact_invalid: t.invalid,
      contact_taken: t.taken,
      sign_in_code_wrong: t.wrong,
      tries_spent: t.spent,
    });
  const act = async () => {
    setBusy(true);
    const answer = isSent
      ? await app.api.post<Me>("/me/contacts", { ...addressed(address), code })
      : await app.api.post<null>(
          "/auth/codes",
          { ...addressed(address), locale: currentLocale() },
          { open: true },
        );
    setBusy(false);
    if (!answer.ok) setError(told(answer.problem));
    else if (answer.data !== null && "contacts" in answer.data) onDone(answer.data);
    else setSent(true);
  };
  return (
    <Sheet title={t.add} onClose={onClose}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void act();
        }}
      >
        {isSent ? (
          <>
            <p>{t.sent(address.trim())}</p>
            <CodeField
              value={code}
              error={error}
              onInput={(digits) => {
                setCode(digits);
                setError(null);
              }}
            />
          </>
        ) : (
          <Field
            label={t.address}
            value={address}
            error={error}
            inputMode="email"
            autoComplete="email"
            onInput={(value) => {
              setAddress(value);
              setError(null);
            }}
          />
        )}
        <Button
          kind="primary"
          type="submit"
          wide
          busy={busy}
          disabled={isSent ? code.length !== 6 : address.trim().length < 3}
        >
          {isSent ? t.confirm : t.send}
        </Button>
      </form>
      {isSent && <Mailbox address={address.trim()} onCode={setCode} />}
    </Sheet>
  );
}
