/** Gift cards: use one, send one, see what became of those sent. */

import { date, money } from "@ui/format";
import { Button, Card, Empty, Field, Note } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useAppState, useDocs, useProgram } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { Screen } from "../../app/screen";
import { Send } from "./send";
import { texts } from "./texts";

export interface GiftDoc {
  id: string;
  amount_minor: number;
  currency: string;
  to: string | null;
  to_name: string | null;
  status: "scheduled" | "sent" | "redeemed" | "canceled";
  send_at: string;
  created_at: string;
  redeemed_at: string | null;
}

export default function Gifts() {
  const t = useTexts(texts);
  const app = useAppState();
  const [isSending, setSending] = useState(false);
  return (
    <Screen title={t.title} up="/rewards">
      {!app.health.online && <Note kind="warn">{t.offline}</Note>}
      <Use />
      {isSending ? (
        <Send onDone={() => setSending(false)} />
      ) : (
        <Button kind="primary" icon="gift" wide onClick={() => setSending(true)}>
          {t.send}
        </Button>
      )}
      <Sent />
    </Screen>
  );
}

/** A card's code, typed; or brought by the link that its recipient got (`/app/gift#CODE`). */
function Use() {
  const t = useTexts(texts);
  const app = useAppState();
  const program = useProgram();
  const [code, setCode] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const load = async () => {
    setBusy(true);
    const answer = await app.api.post<{ amount_minor: number }>("/gift-cards/redeem", { code: code.trim() });
    if (answer.ok) await app.refresh();
    setBusy(false);
    if (!answer.ok) {
      setError(
        sentence(answer.problem, program?.currency, {
          gift_code_malformed: t.malformed,
          gift_card_not_found: t.unknown,
          gift_card_used: t.used,
          gift_card_expired: t.expired,
        }),
      );
      return;
    }
    setCode("");
    history.replaceState(history.state, "", location.pathname);
    say({ text: t.loaded(money(answer.data.amount_minor, program?.currency ?? "USD")), kind: "good" });
  };
  return (
    <Card>
      <h2 class="first">{t.use}</h2>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void load();
        }}
      >
        <Field
          label={t.code}
          hint={t.useHint}
          error={error}
          value={code}
          autoComplete="off"
          maxLength={40}
          onInput={(value) => {
            setCode(value);
            setError(null);
          }}
        />
        <Button type="submit" busy={busy} wide disabled={code.trim() === ""}>
          {t.load}
        </Button>
      </form>
    </Card>
  );
}

function Sent() {
  const t = useTexts(texts);
  const gifts = useDocs<GiftDoc>("gift").map(([, doc]) => doc);
  gifts.sort((one, two) => two.created_at.localeCompare(one.created_at));
  return (
    <>
      <h2>{t.mine}</h2>
      {gifts.length === 0 ? (
        <Empty icon="gift" title={t.none} text={t.noneText} />
      ) : (
        gifts.map((gift) => <Gift key={gift.id} gift={gift} />)
      )}
    </>
  );
}

function Gift({ gift }: { gift: GiftDoc }) {
  const t = useTexts(texts);
  const app = useAppState();
  const [busy, setBusy] = useState(false);
  const back = async () => {
    setBusy(true);
    const answer = await app.api.post(`/gifts/${gift.id}/cancel`);
    await app.refresh();
    setBusy(false);
    say(answer.ok ? { text: t.backDone, kind: "good" } : { text: sentence(answer.problem), kind: "bad" });
  };
  const isOpen = gift.status === "scheduled" || gift.status === "sent";
  return (
    <Card>
      <p class="line">
        <strong>{gift.to_name || gift.to}</strong>
        <strong class="number">{money(gift.amount_minor, gift.currency)}</strong>
      </p>
      <p class="line">
        <span>
          {t.status[gift.status]} · {date(gift.redeemed_at ?? gift.send_at, "date")}
        </span>
        {isOpen && (
          <Button kind="quiet" busy={busy} onClick={() => void back()}>
            {t.back}
          </Button>
        )}
      </p>
    </Card>
  );
}
