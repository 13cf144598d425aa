/** Placing the order: paid from the wallet, once, for exactly what is on the screen; and the remedy where it is refused. */

import { date, money } from "@ui/format";
import { Button, Note } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useAppState, useDoc, useProgram } from "../../app/hooks";
import type { Menu } from "../../app/menu";
import type { DraftDoc, DraftLineDoc } from "../../app/orders";
import { go, href } from "../../app/router";
import type { WalletDoc } from "../../app/wire";
import { texts } from "./basket_texts";
import { type Placed, place } from "./placing";
import { Refused } from "./refused";
import type { Pickup } from "./use_pickup";
import type { Extras, Quoted } from "./use_quote";

interface PlaceProps {
  draft: DraftDoc;
  lines: DraftLineDoc[];
  menu: Menu;
  note: string;
  extras: Extras;
  pickup: Pickup;
  quoted: Quoted;
  isReady: boolean;
}

export function PlacePart(props: PlaceProps) {
  const t = useTexts(texts);
  const app = useAppState();
  const { quoted, pickup, menu, isReady } = props;
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Exclude<Placed, { kind: "order" }> | null>(null);
  const currency = useProgram()?.currency ?? "USD";
  const short = useShort(quoted);
  const total = quoted.quote?.total_minor;
  const isOffline = !app.health.online;
  const canPlace = isReady && !quoted.isOld && total !== undefined && short === 0 && pickup.at !== undefined;
  const order = async () => {
    if (!canPlace || menu.place === null) return;
    setBusy(true);
    const { draft, lines, note, extras } = props;
    const done = await place(app, {
      draft: draft.id,
      lines,
      store: menu.place.key,
      pickup_at: pickup.at ?? null,
      total,
      extras,
      note,
    });
    setBusy(false);
    if (done.kind === "order") {
      say({ text: t.placed, kind: "good" });
      go(`/orders/${done.order.id}`, { replace: true });
      return;
    }
    setRefused(done);
    quoted.again();
    pickup.again();
    if (done.kind === "refused" && done.problem.code === "pickup_unavailable") pickup.choose(null);
  };
  return (
    <section class="place">
      {refused && <Refused refused={refused} menu={menu} lines={props.lines} draft={props.draft} />}
      {isOffline && <Note icon="wifi-off">{t.placeOffline}</Note>}
      {!isOffline && <Wallet short={short} />}
      <div class="place-bar">
        <Button kind="primary" wide busy={isBusy} disabled={!canPlace} onClick={() => void order()}>
          {t.place(total === undefined ? "…" : money(total, currency))}
        </Button>
        {pickup.at && <p class="quiet-text">{date(pickup.at, "moment", pickup.times?.timezone)}</p>}
      </div>
    </section>
  );
}

/** What the wallet lacks; what is set aside in it cannot be spent. */
function useShort(quoted: Quoted): number {
  const wallet = useDoc<WalletDoc>("wallet");
  const free = (wallet?.balance_minor ?? 0) - (wallet?.held_minor ?? 0);
  return quoted.quote === null ? 0 : Math.max(0, quoted.quote.total_minor - free);
}

function Wallet({ short }: { short: number }) {
  const t = useTexts(texts);
  const wallet = useDoc<WalletDoc>("wallet");
  const currency = useProgram()?.currency ?? "USD";
  if (short === 0) return <p class="quiet-text">{t.wallet(money(wallet?.balance_minor ?? 0, currency))}</p>;
  return (
    <Note kind="warn" icon="wallet">
      <p>{t.short(money(short, currency))}</p>
      <p>
        <a href={href("/wallet?back=/order/basket")}>{t.topUp}</a>
      </p>
    </Note>
  );
}
