/** Sign in or join: an address, a code, done; or a passkey. */

import { Button, Card, Field, Note } from "@ui/parts";
import { currentLocale, useTexts, words } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import { addressed } from "../../app/address";
import type { Problem } from "../../app/api";
import { CodeField } from "../../app/code_field";
import { deviceIn, systemName } from "../../app/device";
import { useAppState } from "../../app/hooks";
import { hasPasskeys, type SignedIn, signInWithPasskey } from "../../app/passkeys";
import { sentence } from "../../app/refusals";
import { Mailbox } from "./mailbox";
import { texts } from "./texts";

const AGAIN_SECONDS = 30;

export default function SignIn({ path }: { path: string }) {
  const t = useTexts(texts);
  const app = useAppState();
  const [address, setAddress] = useState("");
  const [isSent, setSent] = useState(false);
  const brand = app.program?.program.brand;
  useEffect(() => {
    document.title = `${t.title} · ${brand?.name ?? "Regulars"}`;
  }, [t, brand]);
  return (
    <main class="screen sign-in" id="main">
      <header class="sign-in-head">
        <span class="sign-in-mark" aria-hidden="true" />
        <h1>{t.welcome(brand?.name ?? "Regulars")}</h1>
        <p class="quiet-text">{words(brand?.tagline) || t.lead}</p>
      </header>
      {app.ended !== null && <Note kind={app.ended === "erased" ? "info" : "warn"}>{t[app.ended]}</Note>}
      {isSent ? (
        <Code address={address} path={path} onOther={() => setSent(false)} />
      ) : (
        <Address address={address} onAddress={setAddress} onSent={() => setSent(true)} />
      )}
      <p class="sign-in-foot">
        <a href="/program">{t.program}</a>
      </p>
    </main>
  );
}

interface AddressProps {
  address: string;
  onAddress: (address: string) => void;
  onSent: () => void;
}

function Address({ address, onAddress, onSent }: AddressProps) {
  const t = useTexts(texts);
  const app = useAppState();
  const [busy, setBusy] = useState<"code" | "passkey" | null>(null);
  const [error, setError] = useState<string | null>(null);
  const send = async () => {
    setBusy("code");
    const answer = await ask(app, address);
    setBusy(null);
    if (answer === null) onSent();
    else setError(told(answer, t));
  };
  const passkey = async () => {
    setBusy("passkey");
    const answer = await signInWithPasskey(app.api, await deviceIn(app.keeping, t.browser(systemName())));
    setBusy(null);
    if (answer === null) setError(t.noPasskey);
    else if (answer.ok) await app.signedIn(answer.data);
    else setError(told(answer.problem, t));
  };
  return (
    <Card>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Field
          label={t.address}
          hint={t.addressHint}
          error={error}
          value={address}
          inputMode="email"
          autoComplete="username webauthn"
          name="address"
          onInput={(value) => {
            onAddress(value);
            setError(null);
          }}
        />
        <Button kind="primary" type="submit" wide busy={busy === "code"} disabled={address.trim().length < 3}>
          {t.send}
        </Button>
        {hasPasskeys() && (
          <Button icon="key" wide busy={busy === "passkey"} onClick={passkey}>
            {t.passkey}
          </Button>
        )}
      </form>
    </Card>
  );
}

type Table = typeof texts.en;

function told(problem: Problem, t: Table): string {
  return sentence(problem, "USD", {
    contact_invalid: t.unknown,
    sign_in_code_wrong: t.wrong,
    tries_spent: t.spent,
  });
}

/** Ask for a code; return why not, null where it is on its way. */
async function ask(app: ReturnType<typeof useAppState>, address: string): Promise<Problem | null> {
  const body = { ...addressed(address), locale: currentLocale() };
  const answer = await app.api.post("/auth/codes", body, { open: true });
  return answer.ok ? null : answer.problem;
}

function Code({ address, path, onOther }: { address: string; path: string; onOther: () => void }) {
  const t = useTexts(texts);
  const app = useAppState();
  const [code, setCode] = useState("");
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const enter = async () => {
    setBusy(true);
    const answer = await app.api.post<SignedIn>(
      "/auth/sessions",
      {
        ...addressed(address),
        code,
        device: await deviceIn(app.keeping, t.browser(systemName())),
        profile: { given_name: name.trim(), locale: currentLocale(), ...referral() },
      },
      { open: true },
    );
    if (answer.ok) {
      await app.signedIn(answer.data);
      return;
    }
    setBusy(false);
    setError(told(answer.problem, t));
  };
  return (
    <Card>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <h2 class="first">{t.codeTitle}</h2>
        <p>{t.codeSent(address.trim())}</p>
        <CodeField
          value={code}
          error={error}
          onInput={(digits) => {
            setCode(digits);
            setError(null);
          }}
        />
        <Field
          label={t.name}
          hint={t.nameHint}
          value={name}
          autoComplete="given-name"
          name="name"
          maxLength={100}
          onInput={setName}
        />
        <Button kind="primary" type="submit" wide busy={busy} disabled={code.length !== 6}>
          {t.enter}
        </Button>
        <Again address={address} />
        <Button kind="quiet" onClick={onOther}>
          {t.other}
        </Button>
      </form>
      <Mailbox address={address.trim()} onCode={setCode} key={path} />
    </Card>
  );
}

/** Who was invited by a friend comes with `?ref=…`. */
function referral(): { referral?: string } {
  const ref = new URLSearchParams(location.search).get("ref");
  return ref ? { referral: ref } : {};
}

function Again({ address }: { address: string }) {
  const t = useTexts(texts);
  const app = useAppState();
  const [left, setLeft] = useState(AGAIN_SECONDS);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  const again = () => {
    setLeft(AGAIN_SECONDS);
    void ask(app, address);
  };
  return (
    <Button kind="quiet" disabled={left > 0} onClick={again}>
      {left > 0 ? t.againIn(left) : t.again}
    </Button>
  );
}
