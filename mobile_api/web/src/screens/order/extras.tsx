/** Rewards and coupons for this basket: the server says what fits and what it saves. */

import { money, points } from "@ui/format";
import { Button, Empty, Field, Icon, Row, Rows, Sheet, Skeleton } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import type { App } from "../../app/app";
import { useApp, useAppState, useProgram } from "../../app/hooks";
import type { DraftLineDoc } from "../../app/orders";
import { sentence } from "../../app/refusals";
import { refusalsOf, texts } from "./basket_texts";
import { askQuote, basketBody, type Claim, type Extras, type Quote } from "./use_quote";

interface ExtrasProps {
  lines: DraftLineDoc[];
  store: string | null;
  extras: Extras;
  quote: Quote | null;
  onChange: (extras: Extras) => void;
}

export function ExtrasPart(props: ExtrasProps) {
  const t = useTexts(texts);
  const app = useAppState();
  const [isOpen, setOpen] = useState(false);
  const { extras, onChange, store } = props;
  const canAsk = store !== null && app.health.online;
  return (
    <section class="stack" aria-label={t.rewards}>
      <h2>{t.rewards}</h2>
      {(extras.rewards.length > 0 || extras.coupons.length > 0) && (
        <Taken extras={extras} onChange={onChange} />
      )}
      <Button icon="gift" disabled={!canAsk} onClick={() => setOpen(true)}>
        {t.useReward}
      </Button>
      <Coupon {...props} canAsk={canAsk} />
      {isOpen && store !== null && <Fitting {...props} store={store} onClose={() => setOpen(false)} />}
    </section>
  );
}

function Taken({ extras, onChange }: Pick<ExtrasProps, "extras" | "onChange">) {
  const t = useTexts(texts);
  const { rewards, coupons } = extras;
  const without = <T,>(list: readonly T[], gone: T) => list.filter((each) => each !== gone);
  return (
    <ul class="taken" aria-label={t.rewards}>
      {rewards.map((claim) => (
        <li key={claim.reward} class="badge">
          <Icon name="gift" size={16} />
          {claim.name}
          <Button
            kind="quiet"
            icon="x"
            label={t.takeOff(claim.name)}
            onClick={() => onChange({ rewards: without(rewards, claim), coupons })}
          />
        </li>
      ))}
      {coupons.map((code) => (
        <li key={code} class="badge">
          <Icon name="ticket" size={16} />
          {code}
          <Button
            kind="quiet"
            icon="x"
            label={t.takeOff(code)}
            onClick={() => onChange({ rewards, coupons: without(coupons, code) })}
          />
        </li>
      ))}
    </ul>
  );
}

function Coupon({ lines, store, extras, onChange, canAsk }: ExtrasProps & { canAsk: boolean }) {
  const t = useTexts(texts);
  const app = useApp();
  const [code, setCode] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const apply = async () => {
    const typed = code.trim().toUpperCase();
    if (store === null || typed === "" || extras.coupons.includes(typed)) return;
    setBusy(true);
    const more = { ...extras, coupons: [...extras.coupons, typed] };
    const answer = await askQuote(app, basketBody(store, lines, more));
    setBusy(false);
    setError(answer.ok ? null : sentence(answer.problem, "USD", refusalsOf(t)));
    if (!answer.ok) return;
    onChange(more);
    setCode("");
  };
  return (
    <form
      class="coupon"
      onSubmit={(event) => {
        event.preventDefault();
        void apply();
      }}
    >
      <Field
        label={t.coupon}
        value={code}
        error={error}
        autoComplete="off"
        maxLength={64}
        onInput={setCode}
      />
      <Button type="submit" busy={isBusy} disabled={!canAsk || code.trim() === ""}>
        {t.apply}
      </Button>
    </form>
  );
}

/** A reward that fits, with what it would save. */
interface Fit {
  claim: Claim;
  saves_minor: number;
  price_milli: number;
  isPaid: boolean;
}

function Fitting({
  lines,
  store,
  extras,
  quote,
  onChange,
  onClose,
}: ExtrasProps & { store: string; onClose: () => void }) {
  const t = useTexts(texts);
  const app = useApp();
  const program = useProgram();
  const [fits, setFits] = useState<Fit[] | null>(null);
  useEffect(() => {
    let isOver = false;
    void fitting(app, store, lines, extras, quote).then((found) => isOver || setFits(found));
    return () => {
      isOver = true;
    };
  }, []);
  const take = (claim: Claim) => {
    onChange({ ...extras, rewards: [...extras.rewards, claim] });
    onClose();
  };
  return (
    <Sheet title={t.useReward} onClose={onClose}>
      {fits === null ? (
        <Skeleton lines={3} label={t.looking} />
      ) : fits.length === 0 ? (
        <Empty icon="gift" title={t.noFit} text={t.noFitText} />
      ) : (
        <Rows label={t.fits}>
          {fits.map((fit) => (
            <Row
              key={fit.claim.reward}
              icon="gift"
              title={fit.claim.name}
              detail={fit.isPaid ? t.free : t.price(points(fit.price_milli, program?.points.name))}
              end={t.saves(money(fit.saves_minor, program?.currency ?? "USD"))}
              onClick={() => take(fit.claim)}
            />
          ))}
        </Rows>
      )}
    </Sheet>
  );
}

interface RewardAnswer {
  items: { reward: string; name: string; points_milli: number; missing_milli: number }[];
}

/** Try every reward the member could pay for on this very basket; those that save something, the most first. */
async function fitting(
  app: App,
  store: string,
  lines: readonly DraftLineDoc[],
  extras: Extras,
  quote: Quote | null,
): Promise<Fit[]> {
  const answer = await app.api.get<RewardAnswer>("/rewards");
  if (!answer.ok || quote === null) return [];
  const fits: Fit[] = [];
  for (const each of answer.data.items) {
    const claim = { reward: each.reward, name: each.name, ...paidBy(app, each.reward) };
    const isPaid = claim.grant !== null || claim.hold !== null;
    const isTaken = extras.rewards.some((taken) => taken.reward === each.reward);
    if (isTaken || (!isPaid && each.missing_milli > 0)) continue;
    const tried = await askQuote(
      app,
      basketBody(store, lines, { ...extras, rewards: [...extras.rewards, claim] }),
    );
    const saves_minor = tried.ok ? quote.total_minor - tried.data.total_minor : 0;
    if (saves_minor > 0) fits.push({ claim, saves_minor, price_milli: each.points_milli, isPaid });
  }
  return fits.sort((one, two) => two.saves_minor - one.saves_minor);
}

/** What pays for a reward instead of free points: it was given, or its points wait in a hold. */
function paidBy(app: App, reward: string): Pick<Claim, "grant" | "hold"> {
  const { replica } = app;
  const grant = replica
    .keys("grant/")
    .map((each) => replica.get(each))
    .find((doc) => doc?.reward === reward);
  const hold = replica
    .keys("hold/")
    .map((each) => replica.get(each))
    .find((doc) => doc?.purpose === `reward:${reward}` && doc.pending === undefined);
  return {
    grant: typeof grant?.id === "string" ? grant.id : null,
    hold: typeof hold?.id === "string" && !grant ? hold.id : null,
  };
}
