/** Coupon codes: typed in, kept, chosen in the next basket or shown at the till. */

import { date } from "@ui/format";
import { Button, Card, Field, Sheet } from "@ui/parts";
import type { Format } from "@ui/reader";
import { Scanner } from "@ui/scanner";
import { useTexts, type Words, words } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useAppState, useDocs } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { texts } from "./texts";

interface Coupon {
  id: string;
  code: string;
  name: Words;
  text: Words;
  valid_until: string | null;
  kept_at: string;
}

const PATH = "/coupons";
/** Coupons are printed as squares and as bars. */
const FORMATS: Format[] = ["qr_code", "code_128", "ean_13"];

export function Coupons() {
  const t = useTexts(texts);
  const app = useAppState();
  const held = useDocs<Coupon>("coupon").map(([, doc]) => doc);
  held.sort((one, two) => two.kept_at.localeCompare(one.kept_at));
  const [code, setCode] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [isScanning, setScanning] = useState(false);
  const add = async (given: string) => {
    setBusy(true);
    const answer = await app.api.post(PATH, { code: given.trim() });
    setBusy(false);
    if (!answer.ok) {
      setError(
        sentence(answer.problem, "USD", {
          offline: t.offline,
          coupon_unknown: t.noCoupon,
          coupon_expired: t.couponOver,
          coupon_used_up: t.couponUsed,
          coupon_not_for_you: t.couponNotYours,
        }),
      );
      return;
    }
    setCode("");
    await app.refresh();
    say({ text: t.added, kind: "good" });
  };
  const remove = async (coupon: Coupon) => {
    const answer = await app.api.call("DELETE", `${PATH}/${coupon.id}`);
    if (answer.ok) await app.refresh();
    else say({ text: sentence(answer.problem), kind: "bad" });
  };
  return (
    <>
      <h2>{t.coupons}</h2>
      {held.map((coupon) => (
        <Card key={coupon.id}>
          <h3 class="first">{words(coupon.name)}</h3>
          <p>{words(coupon.text)}</p>
          {coupon.valid_until && <p class="quiet-text">{t.grantedUntil(date(coupon.valid_until, "date"))}</p>}
          <p class="line">
            <span>
              {t.codeAtTill} <strong class="number">{coupon.code}</strong>
            </span>
            <Button kind="quiet" onClick={() => void remove(coupon)}>
              {t.remove}
            </Button>
          </p>
        </Card>
      ))}
      <form
        class="coupon-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void add(code);
        }}
      >
        <Field
          label={t.couponCode}
          hint={t.couponHint}
          error={error}
          value={code}
          autoComplete="off"
          maxLength={64}
          onInput={(value) => {
            setCode(value);
            setError(null);
          }}
        />
        <Button type="submit" busy={busy} disabled={code.trim() === ""}>
          {t.add}
        </Button>
      </form>
      <Button icon="camera" disabled={!app.health.online} onClick={() => setScanning(true)}>
        {t.scan}
      </Button>
      {isScanning && (
        <Sheet title={t.scan} onClose={() => setScanning(false)}>
          <Scanner
            formats={FORMATS}
            onCode={(text) => {
              setScanning(false);
              setCode(text);
              void add(text);
            }}
          />
        </Sheet>
      )}
    </>
  );
}
