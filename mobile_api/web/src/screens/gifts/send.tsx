/** A gift to somebody: how much, to whom, with which words and when; paid from the wallet. */

import { money } from "@ui/format";
import { Button, Card, Choice, Field, Note } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { addressed } from "../../app/address";
import type { Problem } from "../../app/api";
import { useAppState, useDoc, useProgram } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { href } from "../../app/router";
import type { Profile, WalletDoc } from "../../app/wire";
import { texts } from "./texts";

const AMOUNTS = [1000, 2000, 3000, 5000] as const;

interface Wish {
  amount: string;
  to: string;
  toName: string;
  from: string;
  message: string;
  when: "now" | "later";
  day: string;
}

export function Send({ onDone }: { onDone: () => void }) {
  const t = useTexts(texts);
  const app = useAppState();
  const currency = useProgram()?.currency ?? "USD";
  const profile = useDoc<Profile>("profile");
  const wallet = useDoc<WalletDoc>("wallet");
  const [wish, setWish] = useState<Wish>({
    amount: String(AMOUNTS[1]),
    to: "",
    toName: "",
    from: profile?.given_name ?? "",
    message: "",
    when: "now",
    day: "",
  });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (values: Partial<Wish>) => {
    setWish({ ...wish, ...values });
    setProblem(null);
  };
  const minor = Number(wish.amount);
  const isShort = (wallet?.balance_minor ?? 0) < minor;
  const send = async () => {
    setBusy(true);
    const answer = await app.once<{ status: string }>("gift", "/gifts", body(wish));
    setBusy(false);
    if (!answer.ok) {
      setProblem(answer.problem);
      return;
    }
    say({ text: answer.data.status === "scheduled" ? t.scheduled : t.sent, kind: "good" });
    onDone();
  };
  const said = problem && sentence(problem, currency, { gift_guarded: t.guarded, gift_limit: t.limit });
  return (
    <Card>
      <h2 class="first">{t.send}</h2>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Choice
          label={t.amount}
          inline
          value={wish.amount}
          options={AMOUNTS.map((each) => ({ value: String(each), label: money(each, currency) }))}
          onChange={(amount) => set({ amount })}
        />
        <Field
          label={t.to}
          value={wish.to}
          inputMode="email"
          autoComplete="off"
          error={problem?.code === "contact_invalid" ? t.wrongTo : null}
          onInput={(to) => set({ to })}
        />
        <Field label={t.toName} value={wish.toName} maxLength={60} onInput={(toName) => set({ toName })} />
        <Field
          label={t.message}
          value={wish.message}
          maxLength={300}
          onInput={(message) => set({ message })}
        />
        <Field label={t.from} value={wish.from} maxLength={60} onInput={(from) => set({ from })} />
        <Choice
          label={t.when}
          inline
          value={wish.when}
          options={[
            { value: "now", label: t.now },
            { value: "later", label: t.later },
          ]}
          onChange={(when) => set({ when })}
        />
        {wish.when === "later" && (
          <Field label={t.day} type="date" value={wish.day} onInput={(day) => set({ day })} />
        )}
        <p class="quiet-text">{t.payFrom(money(wallet?.balance_minor ?? 0, currency))}</p>
        {said && problem?.code !== "contact_invalid" && <Note kind="bad">{said}</Note>}
        {isShort ? (
          <a class="button primary wide" href={href("/wallet?back=/gifts")}>
            {t.topUp}
          </a>
        ) : (
          <Button kind="primary" type="submit" wide busy={busy} disabled={!isWhole(wish)}>
            {t.pay(money(minor, currency))}
          </Button>
        )}
      </form>
    </Card>
  );
}

const isWhole = (wish: Wish): boolean =>
  wish.to.trim().length > 2 && (wish.when === "now" || wish.day !== "");

function body(wish: Wish): object {
  return {
    amount_minor: Number(wish.amount),
    to: addressed(wish.to),
    to_name: wish.toName.trim(),
    from_name: wish.from.trim(),
    message: wish.message.trim(),
    // At nine in the morning of that day, where the sender is.
    ...(wish.when === "later" && { send_at: new Date(`${wish.day}T09:00`).toISOString() }),
  };
}
