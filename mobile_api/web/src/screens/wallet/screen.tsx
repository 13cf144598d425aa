/** The wallet: what is in it, filling it, doing that by itself, and what was filled before. */

import { money } from "@ui/format";
import { Card, Note, Row, Rows, Skeleton } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useReducer } from "preact/hooks";
import { useAppState, useDoc, useProgram } from "../../app/hooks";
import { useKept } from "../../app/kept";
import { sentence } from "../../app/refusals";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import type { WalletDoc } from "../../app/wire";
import { AutoReload } from "./auto_reload";
import { Cards } from "./cards";
import { ChallengeSheet } from "./challenge";
import { History } from "./history";
import { useTopUp } from "./paying";
import { CardReturn, useVisit } from "./returning";
import { texts } from "./texts";
import { TopUpCard } from "./top_up";
import type { Wallet } from "./wire";

export default function WalletScreen() {
  const t = useTexts(texts);
  const app = useAppState();
  const { data: wallet, problem, again } = useKept<Wallet>("/wallet", "wallet");
  const [round, turn] = useReducer((count: number) => count + 1, 0);
  const topUp = useTopUp(() => turn(undefined as never));
  const visit = useVisit(topUp, again);
  const isOnline = app.health.online;
  return (
    <Screen title={t.title} up={visit.back ?? "/"}>
      <Balance wallet={wallet} />
      <CardReturn card={visit.card} currency={wallet?.currency ?? "USD"} />
      {!isOnline && <Note kind="warn">{t.offline}</Note>}
      {wallet === null &&
        (problem ? (
          isOnline && <Note kind="bad">{sentence(problem)}</Note>
        ) : (
          <Skeleton lines={3} label={t.loading} />
        ))}
      {wallet && isOnline && visit.isReady && (
        <TopUpCard wallet={wallet} topUp={topUp} visit={visit} onCards={again} />
      )}
      {wallet && isOnline && (
        <Rows label={t.giftCard}>
          <Row icon="gift" title={t.giftCard} href={href("/gift")} />
        </Rows>
      )}
      {wallet?.provider && (
        <>
          <AutoReload wallet={wallet} isOnline={isOnline} onChange={again} />
          <Cards wallet={wallet} isOnline={isOnline} onChange={again} />
        </>
      )}
      <History round={round} onResume={topUp.confirm} />
      {topUp.stage.kind === "challenge" && <Challenged stage={topUp.stage} topUp={topUp} wallet={wallet} />}
    </Screen>
  );
}

interface ChallengedProps {
  stage: Extract<ReturnType<typeof useTopUp>["stage"], { kind: "challenge" }>;
  topUp: ReturnType<typeof useTopUp>;
  wallet: Wallet | null;
}

function Challenged({ stage, topUp, wallet }: ChallengedProps) {
  return (
    <ChallengeSheet
      challenge={stage.challenge}
      isTest={wallet?.is_test ?? false}
      amountMinor={stage.amount_minor}
      onAnswered={() => void topUp.confirm(stage.id, stage.amount_minor)}
      onClose={topUp.clear}
    />
  );
}

function Balance({ wallet }: { wallet: Wallet | null }) {
  const t = useTexts(texts);
  const program = useProgram();
  const doc = useDoc<WalletDoc>("wallet");
  const currency = wallet?.currency ?? program?.currency ?? "USD";
  const held = doc?.held_minor ?? wallet?.held_minor ?? 0;
  return (
    <Card kind="hero">
      <p>{t.balance}</p>
      <p class="big" data-testid="wallet-balance">
        {money(doc?.balance_minor ?? wallet?.balance_minor ?? 0, currency)}
      </p>
      {held > 0 && <p>{t.held(money(held, currency))}</p>}
    </Card>
  );
}
