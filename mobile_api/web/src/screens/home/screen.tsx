/** Home: where I stand, what is for me today, and one tap to what I always have. */

import { amount, date, money, points } from "@ui/format";
import { Button, Card, Empty, Icon, Meter, Row, Rows } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import { useDoc, useDocs, useProgram } from "../../app/hooks";
import { install, onInstallable } from "../../app/install";
import { isOpen, type OrderDoc } from "../../app/orders";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import type { Balance, MessageDoc, Profile, SaleDoc, Tier, TierDoc, WalletDoc } from "../../app/wire";
import { OfferPasskey } from "../devices/passkeys";
import { Notices } from "../inbox/notices";
import { SaleRow } from "../receipts/row";
import { Offers } from "./offers";
import { texts } from "./texts";
import { Usual } from "./usual";

const SOON_MS = 45 * 86_400_000;
const LAST = 4;

export default function Home() {
  const t = useTexts(texts);
  const profile = useDoc<Profile>("profile");
  const fresh = useDocs<MessageDoc>("message").filter(([, doc]) => doc.read_at === null).length;
  return (
    <Screen
      title={t.hello(profile?.given_name ?? "")}
      actions={
        <a class="button quiet bare inbox-link" href={href("/inbox")} aria-label={t.inbox(fresh)}>
          <Icon name="bell" />
          {fresh > 0 && <span class="count">{fresh}</span>}
        </a>
      }
    >
      <Notices />
      <Standing />
      <OfferPasskey />
      <OnTheWay />
      <Usual />
      <Offers />
      <Expiring />
      <LastSales />
      <Install />
    </Screen>
  );
}

/** Points, tier and wallet: the card at the top. */
function Standing() {
  const t = useTexts(texts);
  const program = useProgram();
  const balance = useDoc<Balance>("balance");
  const wallet = useDoc<WalletDoc>("wallet");
  const name = program?.points.name;
  return (
    <Card kind="hero">
      <div class="line">
        <div>
          <p>{t.balance}</p>
          <p class="big" data-testid="balance">
            {amount(balance?.points_milli ?? 0)} <span class="unit">★</span>
          </p>
        </div>
        <a class="wallet-pill" href={href("/wallet")}>
          <span>{t.wallet}</span>
          <strong class="number" data-testid="wallet">
            {money(wallet?.balance_minor ?? 0, program?.currency ?? "USD")}
          </strong>
        </a>
      </div>
      {Boolean(balance?.held_milli) && <p>{t.held(points(balance?.held_milli ?? 0, name))}</p>}
      {Boolean(balance?.owed_milli) && <p>{t.owed(points(balance?.owed_milli ?? 0, name))}</p>}
      {program && <Progress tiers={program.tiers} />}
      <a class="button wide hero-button" href={href("/pay")}>
        <Icon name="qr-code" size={22} />
        {t.pay}
      </a>
    </Card>
  );
}

function Progress({ tiers }: { tiers: Tier[] }) {
  const t = useTexts(texts);
  const program = useProgram();
  const mine = useDoc<TierDoc>("tier");
  const place = Math.max(
    0,
    tiers.findIndex((each) => each.key === mine?.tier),
  );
  const next = tiers[place + 1];
  const done = mine?.tier_points_milli ?? 0;
  const missing = Math.max(0, (next?.points_milli ?? 0) - done);
  const label = next ? t.next(points(missing, program?.points.name), words(next.name)) : t.top;
  return (
    <a class="tier" href={href("/tiers")}>
      <span class="line">
        <span class="badge">
          <Icon name="trophy" size={16} />
          {words(tiers[place]?.name)}
        </span>
        <span>{label}</span>
      </span>
      {next && <Meter value={done} most={next.points_milli} label={label} />}
    </a>
  );
}

function OnTheWay() {
  const t = useTexts(texts);
  const open = useDocs<OrderDoc>("order").filter(([, doc]) => isOpen(doc));
  if (!open.length) return null;
  return (
    <Rows label={t.order}>
      {open.map(([entity, doc]) => (
        <Row
          key={entity}
          icon="coffee"
          title={`${t.order}: ${doc.number}`}
          detail={date(doc.pickup_at, "time")}
          href={href(`/orders/${doc.id}`)}
        />
      ))}
    </Rows>
  );
}

/** Points that end soon, the first ones only: the statement has the rest. */
function Expiring() {
  const t = useTexts(texts);
  const program = useProgram();
  const first = useDoc<Balance>("balance")?.expiring[0];
  if (first === undefined || Date.parse(first.expires_at) > Date.now() + SOON_MS) return null;
  return (
    <Rows label={t.expiringSoon}>
      <Row
        icon="clock"
        title={t.expiring(points(first.points_milli, program?.points.name), date(first.expires_at, "day"))}
        detail={t.expiringSoon}
        href={href("/statement")}
      />
    </Rows>
  );
}

function LastSales() {
  const t = useTexts(texts);
  const sales = useDocs<SaleDoc>("sale").map(([, doc]) => doc);
  sales.sort((one, two) => two.occurred_at.localeCompare(one.occurred_at));
  return (
    <>
      <h2 class="line">
        {t.last}
        {sales.length > LAST && <a href={href("/receipts")}>{t.all}</a>}
      </h2>
      {sales.length === 0 ? (
        <Empty icon="receipt" title={t.noneTitle} text={t.none} />
      ) : (
        <Rows label={t.last}>
          {sales.slice(0, LAST).map((sale) => (
            <SaleRow key={sale.id} sale={sale} />
          ))}
        </Rows>
      )}
    </>
  );
}

function Install() {
  const t = useTexts(texts);
  const [isOffered, setOffered] = useState(false);
  useEffect(() => onInstallable(() => setOffered(true)), []);
  if (!isOffered) return null;
  return (
    <Card kind="soft">
      <h2 class="first">{t.install}</h2>
      <p>{t.installText}</p>
      <Button icon="download" onClick={() => void install().then(() => setOffered(false))}>
        {t.installNow}
      </Button>
    </Card>
  );
}
