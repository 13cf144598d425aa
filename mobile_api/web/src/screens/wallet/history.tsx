/** Every top-up with what became of it; one that waits for its holder can be gone on with. */

import { date, money } from "@ui/format";
import { Button, Empty, Row, Rows } from "@ui/parts";
import { both, useTexts } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import { useAppState } from "../../app/hooks";
import { useKept } from "../../app/kept";
import { declined } from "./refusals";
import type { TopUp } from "./wire";

const PATH = "/wallet/top-ups?limit=20";

const texts = both({
  en: {
    title: "Top-ups",
    none: "No top-ups yet",
    noneText: "What you load is listed here, with what became of it.",
    older: "Show older ones",
    cash: "In cash at the till",
    card: "By card",
    reload: "Auto-reload",
    states: {
      created: "not finished",
      requires_action: "waits for you",
      processing: "on its way",
      paid: "being booked",
      credited: "loaded",
      declined: "declined",
      canceled: "given up",
      returned: "went back to the card",
    },
    refunded: (amount: string) => `${amount} went back to the card`,
    goOn: "Go on",
  },
  fr: {
    title: "Recharges",
    none: "Aucune recharge",
    noneText: "Ce que vous rechargez est listé ici, avec ce qui en est advenu.",
    older: "Afficher les plus anciennes",
    cash: "En espèces à la caisse",
    card: "Par carte",
    reload: "Recharge automatique",
    states: {
      created: "inachevée",
      requires_action: "vous attend",
      processing: "en cours",
      paid: "en comptabilisation",
      credited: "effectuée",
      declined: "refusée",
      canceled: "abandonnée",
      returned: "rendue à la carte",
    },
    refunded: (amount: string) => `${amount} rendus à la carte`,
    goOn: "Continuer",
  },
});

interface Page {
  items: TopUp[];
  next: string | null;
}

interface HistoryProps {
  /** Another number: it may have changed. */
  round: number;
  onResume: (id: string, amountMinor: number) => Promise<void>;
}

export function History({ round, onResume }: HistoryProps) {
  const t = useTexts(texts);
  const { items, more, isBusy } = usePages(round);
  if (items === null) return null;
  return (
    <>
      <h2>{t.title}</h2>
      {items.length === 0 ? (
        <Empty icon="wallet" title={t.none} text={t.noneText} />
      ) : (
        <Rows label={t.title}>
          {items.map((each) => (
            <OneTopUp key={each.id} topUp={each} onResume={onResume} />
          ))}
        </Rows>
      )}
      {more && (
        <Button wide busy={isBusy} onClick={more}>
          {t.older}
        </Button>
      )}
    </>
  );
}

function usePages(round: number) {
  const app = useAppState();
  const { data, again } = useKept<Page>(PATH, "wallet");
  const [older, setOlder] = useState<Page | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (round > 0) again();
  }, [round]);
  const next = older === null ? (data?.next ?? null) : older.next;
  const fetchMore = async () => {
    setBusy(true);
    const answer = await app.api.get<Page>(`${PATH}&cursor=${next}`);
    if (answer.ok)
      setOlder({ items: [...(older?.items ?? []), ...answer.data.items], next: answer.data.next });
    setBusy(false);
  };
  const known = new Set(older?.items.map((each) => each.id));
  const newest = data?.items.filter((each) => !known.has(each.id));
  return {
    items: newest ? [...newest, ...(older?.items ?? [])] : null,
    more: next !== null && app.health.online ? () => void fetchMore() : null,
    isBusy,
  };
}

function OneTopUp({ topUp, onResume }: { topUp: TopUp; onResume: HistoryProps["onResume"] }) {
  const t = useTexts(texts);
  const { online } = useAppState().health;
  const amount = (minor: number) => money(minor, topUp.currency);
  const how = topUp.source === "cash" ? t.cash : topUp.purpose === "auto_reload" ? t.reload : t.card;
  const isOpen = topUp.status === "requires_action" || topUp.status === "created";
  const reason = topUp.status === "declined" ? declined(topUp.decline_code) : "";
  return (
    <Row
      icon={topUp.source === "cash" ? "wallet" : topUp.purpose === "auto_reload" ? "refresh" : "credit-card"}
      title={amount(topUp.amount_minor)}
      detail={
        <>
          {date(topUp.created_at, "moment")} · {how}
          {reason && <span class="row-detail">{reason}</span>}
          {topUp.refunded_minor > 0 && (
            <span class="row-detail">{t.refunded(amount(topUp.refunded_minor))}</span>
          )}
        </>
      }
      end={<span class={`state ${topUp.status}`}>{isOpen && online ? t.goOn : t.states[topUp.status]}</span>}
      {...(isOpen && online && { onClick: () => void onResume(topUp.id, topUp.amount_minor) })}
    />
  );
}
