/** Rewards and offers: what the points buy, what is held, what is offered. */

import { amount, date, points } from "@ui/format";
import { Button, Card, Empty, Row, Rows, Sheet, Skeleton } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useApp, useDoc, useProgram } from "../../app/hooks";
import { useOffers, useSeen } from "../../app/offers";
import { go, href } from "../../app/router";
import { Screen } from "../../app/screen";
import type { Balance } from "../../app/wire";
import { uid } from "../../sync/replica";
import { OfferCard } from "../home/offers";
import { Coupons } from "./coupons";
import { Ladder } from "./ladder";
import { type Hold, type Reward, useHolds, useRewards } from "./rewards";
import { texts } from "./texts";

export default function Rewards() {
  const t = useTexts(texts);
  const program = useProgram();
  const rewards = useRewards();
  const holds = useHolds();
  const balance = useDoc<Balance>("balance");
  const [chosen, choose] = useState<Reward | null>(null);
  return (
    <Screen title={t.title}>
      <Card kind="hero">
        <p>{t.have}</p>
        <p class="big">
          {amount(balance?.points_milli ?? 0)} <span class="unit">★</span>
        </p>
        {rewards && <Ladder ladder={rewards.ladder} have={balance?.points_milli ?? 0} />}
      </Card>
      {holds.length > 0 && <Holds holds={holds} rewards={rewards?.ladder ?? []} />}
      {rewards !== null && rewards.granted.length > 0 && (
        <>
          <h2>{t.granted}</h2>
          <Rows label={t.granted}>
            {rewards.granted.map((each) => (
              <Row
                key={each.reward}
                icon="gift"
                title={each.name}
                detail={
                  each.grants[0]?.valid_until ? t.grantedUntil(date(each.grants[0].valid_until, "day")) : ""
                }
                end={t.free}
                onClick={() => choose(each)}
              />
            ))}
          </Rows>
        </>
      )}
      <h2>{t.ladder}</h2>
      {rewards === null ? (
        <Skeleton lines={5} label={t.loading} />
      ) : (
        <Rows label={t.ladder}>
          {rewards.ladder.map((each) => (
            <Row
              key={each.reward}
              icon={each.missing_milli === 0 ? "check" : "star"}
              title={each.name}
              detail={
                each.missing_milli === 0
                  ? t.reached
                  : t.missing(points(each.missing_milli, program?.points.name))
              }
              end={amount(each.points_milli)}
              onClick={() => choose(each)}
            />
          ))}
        </Rows>
      )}
      <Offers />
      <Coupons />
      <h2>{t.more}</h2>
      <Rows label={t.more}>
        <Row icon="gift" title={t.gifts} detail={t.giftsText} href={href("/gifts")} />
        <Row icon="users" title={t.invite} detail={t.inviteText} href={href("/invite")} />
        <Row icon="trophy" title={t.tiers} href={href("/tiers")} />
      </Rows>
      {chosen && <Details reward={chosen} onClose={() => choose(null)} />}
    </Screen>
  );
}

/** Rewards that wait for the till, with the way to it and the way back. */
function Holds({ holds, rewards }: { holds: Hold[]; rewards: Reward[] }) {
  const t = useTexts(texts);
  const app = useApp();
  const nameOf = (hold: Hold) => rewards.find((each) => `reward:${each.reward}` === hold.purpose)?.name ?? "";
  return (
    <>
      <h2>{t.held}</h2>
      {holds.map((hold) => (
        <Card key={hold.id} kind="soft">
          <h3 class="first">{nameOf(hold)}</h3>
          <p>
            {hold.pending === "hold"
              ? t.pending
              : hold.pending === "release"
                ? t.releasing
                : hold.until && t.heldUntil(date(hold.until, "time"))}
          </p>
          {hold.pending === undefined && (
            <div class="buttons">
              <Button onClick={() => void app.mutate("reward.release", { id: hold.id })}>{t.giveBack}</Button>
              <Button kind="primary" icon="qr-code" onClick={() => go("/pay")}>
                {t.show}
              </Button>
            </div>
          )}
        </Card>
      ))}
    </>
  );
}

function Details({ reward, onClose }: { reward: Reward; onClose: () => void }) {
  const t = useTexts(texts);
  const app = useApp();
  const program = useProgram();
  const isFree = reward.grants.length > 0;
  const hold = async () => {
    await app.mutate("reward.hold", { reward: reward.reward, id: uid(Date.now()) });
    onClose();
    say({ text: t.holdDone, kind: "good" });
  };
  return (
    <Sheet title={reward.name} onClose={onClose}>
      <div class="stack">
        <p class="badge">{isFree ? t.free : points(reward.points_milli, program?.points.name)}</p>
        {reward.text && <p>{reward.text}</p>}
        {reward.missing_milli > 0 && !isFree && (
          <p>{t.missing(points(reward.missing_milli, program?.points.name))}</p>
        )}
        <h3>{t.how}</h3>
        <p>{t.howText}</p>
        {(reward.missing_milli === 0 || isFree) && (
          <div class="buttons">
            <Button onClick={() => go("/order")}>{t.order}</Button>
            {!isFree && (
              <Button kind="primary" onClick={() => void hold()}>
                {t.hold}
              </Button>
            )}
          </div>
        )}
      </div>
    </Sheet>
  );
}

function Offers() {
  const t = useTexts(texts);
  const { open, over } = useOffers();
  useSeen(open);
  return (
    <>
      <h2>{t.offers}</h2>
      {open.length === 0 ? (
        <Empty icon="badge-percent" title={t.noOffers} text={t.noOffersText} />
      ) : (
        open.map((offer) => <OfferCard key={offer.id} offer={offer} />)
      )}
      {over.length > 0 && (
        <details class="past">
          <summary>{t.past}</summary>
          <Rows label={t.past}>
            {over.map((offer) => (
              <Row
                key={offer.id}
                icon={offer.state === "completed" ? "check" : "clock"}
                title={offer.name}
                detail={offer.state === "completed" ? t.done : t.over}
              />
            ))}
          </Rows>
        </details>
      )}
    </>
  );
}
