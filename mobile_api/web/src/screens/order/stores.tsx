/** Which store: the bar at the top, and the list behind it. */

import { date } from "@ui/format";
import { Button, Icon, Note, Rows, Sheet } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import { useApp, useCatalog, useDoc } from "../../app/hooks";
import { clockText, hoursOf, ordered } from "../../app/opening";
import type { StorePlace } from "../../app/wire";
import { texts } from "./texts";

const clock = (at: string) => clockText(at, date);

/** Draw again every half minute: what is open closes. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Say whether a store is open: `open until 7:00 PM`, `opens tomorrow at 6:30 AM`. */
export function useOpening(place: StorePlace | null): { text: string; isOpen: boolean } {
  const t = useTexts(texts);
  const now = useNow();
  const hours = place && hoursOf(place, now);
  if (!hours) return { text: "", isOpen: false };
  if (hours.isOpen) {
    const until = hours.today.at(-1)?.[1];
    return { text: until ? t.open(clock(until)) : t.openNow, isOpen: true };
  }
  if (hours.opens === null) return { text: t.closed, isOpen: false };
  const at = clock(hours.opens.at);
  return { text: hours.opens.isToday ? t.opens(at) : t.opensTomorrow(at), isOpen: false };
}

interface StoreProps {
  place: StorePlace | null;
  choose: (store: string) => void;
}

export function StoreBar({ place, choose }: StoreProps) {
  const t = useTexts(texts);
  const [isOpen, setOpen] = useState(false);
  const opening = useOpening(place);
  if (place === null) return <Note kind="warn">{t.none}</Note>;
  return (
    <>
      <button
        type="button"
        class="store-bar"
        aria-haspopup="dialog"
        aria-label={t.choose(words(place.name))}
        onClick={() => setOpen(true)}
      >
        <span class="row-icon">
          <Icon name="map-pin" size={22} />
        </span>
        <span class="row-text">
          <span class="row-detail">{t.store}</span>
          <span class="row-title">{words(place.name)}</span>
          {opening.text && (
            <span class={opening.isOpen ? "row-detail store-open" : "row-detail"}>
              {opening.text}
              {opening.isOpen && place.order_ahead && ` · ${t.lead(place.order_ahead.lead_minutes)}`}
            </span>
          )}
        </span>
        <Icon name="chevron-right" size={18} />
      </button>
      {!place.order_ahead && <Note kind="warn">{t.noAhead}</Note>}
      {isOpen && (
        <StoreSheet
          place={place}
          onClose={() => setOpen(false)}
          choose={(key) => {
            choose(key);
            setOpen(false);
          }}
        />
      )}
    </>
  );
}

function StoreSheet({ place, choose, onClose }: StoreProps & { place: StorePlace; onClose: () => void }) {
  const t = useTexts(texts);
  const catalog = useCatalog();
  const favorite = useDoc<{ value: string }>("preference/store")?.value;
  return (
    <Sheet title={t.stores} onClose={onClose}>
      <Rows label={t.stores}>
        {ordered(catalog?.stores ?? [], favorite).map((each) => (
          <StoreRow
            key={each.key}
            place={each}
            isChosen={each.key === place.key}
            isFavorite={each.key === favorite}
            choose={choose}
          />
        ))}
      </Rows>
    </Sheet>
  );
}

interface StoreRowProps {
  place: StorePlace;
  isChosen: boolean;
  isFavorite: boolean;
  choose: (store: string) => void;
}

function StoreRow({ place, isChosen, isFavorite, choose }: StoreRowProps) {
  const t = useTexts(texts);
  const app = useApp();
  const opening = useOpening(place);
  const today = hoursOf(place, Date.now())?.today ?? [];
  const spans = today.map(([from, until]) => `${clock(from)} – ${clock(until)}`).join(", ");
  const like = () => void app.mutate("preference.set", { name: "store", value: place.key });
  return (
    <li class="row store-row">
      <button
        type="button"
        class="row-inner"
        aria-pressed={isChosen}
        disabled={!place.order_ahead}
        onClick={() => choose(place.key)}
      >
        <span class="row-icon">
          <Icon name={isChosen ? "check" : "store"} size={22} />
        </span>
        <span class="row-text">
          <span class="row-title">{words(place.name)}</span>
          <span class="row-detail">{place.address}</span>
          <span class={opening.isOpen ? "row-detail store-open" : "row-detail"}>
            {place.order_ahead ? opening.text : t.noAhead}
          </span>
          {spans && <span class="row-detail">{t.hoursToday(spans)}</span>}
        </span>
      </button>
      {isFavorite ? (
        <span class="badge">{t.favoriteStore}</span>
      ) : (
        place.order_ahead && (
          <Button
            kind="quiet"
            icon="heart"
            label={`${t.makeFavorite}: ${words(place.name)}`}
            onClick={like}
          />
        )
      )}
    </li>
  );
}
