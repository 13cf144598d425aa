/** Today's offers, side by side. */

import { date } from "@ui/format";
import { Button, Meter } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useApp } from "../../app/hooks";
import { type Offer, useOffers, useSeen } from "../../app/offers";
import { href } from "../../app/router";
import { texts } from "./texts";

const SHOWN = 6;

export function Offers() {
  const t = useTexts(texts);
  const { open } = useOffers();
  const shown = open.slice(0, SHOWN);
  useSeen(shown);
  if (!shown.length) return null;
  return (
    <>
      <h2 class="line">
        {t.offers}
        <a href={href("/rewards")}>{t.all}</a>
      </h2>
      <ul class="strip" aria-label={t.offers}>
        {shown.map((offer) => (
          <li key={offer.id}>
            <OfferCard offer={offer} />
          </li>
        ))}
      </ul>
    </>
  );
}

export function OfferCard({ offer }: { offer: Offer }) {
  const t = useTexts(texts);
  const app = useApp();
  const until = offer.doc.window_until;
  return (
    <article class="card offer">
      <p class="line">
        {offer.isActive ? (
          <span class="badge">{t.active}</span>
        ) : offer.doc.seen_at === null ? (
          <span class="badge">{t.fresh}</span>
        ) : (
          <span />
        )}
        {until && <span class="quiet-text">{t.until(date(until, "day"))}</span>}
      </p>
      <h3>{offer.name}</h3>
      <p>{offer.text}</p>
      {offer.target !== null && <Progress offer={offer} target={offer.target} />}
      {offer.needs_activation && !offer.isActive && (
        <Button
          kind="primary"
          busy={offer.doc.pending === "activate"}
          onClick={() => void app.mutate("offer.activate", { id: offer.id })}
        >
          {t.activate}
        </Button>
      )}
    </article>
  );
}

function Progress({ offer, target }: { offer: Offer; target: number }) {
  const t = useTexts(texts);
  const label = t.progress(String(offer.progress), String(target));
  return (
    <>
      <Meter value={offer.progress} most={target} label={label} />
      <p class="quiet-text">{label}</p>
    </>
  );
}
