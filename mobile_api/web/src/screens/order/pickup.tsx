/** When it is picked up: as soon as possible, or at a time of the store's. */

import { date } from "@ui/format";
import { Choice, Note, Skeleton } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useId } from "preact/hooks";
import { texts } from "./basket_texts";
import type { Pickup, PickupTimes } from "./use_pickup";

export function PickupPart({ pickup }: { pickup: Pickup }) {
  const t = useTexts(texts);
  const { times, at, problem } = pickup;
  return (
    <section class="stack pickup" aria-label={t.pickup}>
      <h2>{t.pickup}</h2>
      {times === null ? (
        problem ? (
          <Note icon="wifi-off">{t.timesOffline}</Note>
        ) : (
          <Skeleton lines={1} label={t.timesLoading} />
        )
      ) : at === undefined && times.days.length <= 1 && times.times.length === 0 ? (
        <Note kind="warn">{t.noTimes}</Note>
      ) : (
        <Chooser pickup={pickup} times={times} />
      )}
    </section>
  );
}

function Chooser({ pickup, times }: { pickup: Pickup; times: PickupTimes }) {
  const t = useTexts(texts);
  const { at, choose } = pickup;
  const isAsap = at === null;
  const asap = times.asap && {
    value: "asap" as const,
    label: t.asap(date(times.asap, "time", times.timezone)),
  };
  const options = [...(asap ? [asap] : []), { value: "later" as const, label: t.later }];
  return (
    <>
      {asap && (
        <Choice
          label={t.when}
          value={isAsap ? "asap" : "later"}
          options={options}
          onChange={(value) => choose(value === "asap" ? null : "first")}
        />
      )}
      {!isAsap && <Times pickup={pickup} times={times} />}
    </>
  );
}

function Times({ pickup, times }: { pickup: Pickup; times: PickupTimes }) {
  const t = useTexts(texts);
  const id = useId();
  const named = (day: string, place: number) =>
    place === 0 ? t.today : place === 1 ? t.tomorrow : date(`${day}T12:00:00Z`, "weekday", "UTC");
  return (
    <>
      {times.days.length > 1 && (
        <Choice
          label={t.day}
          inline
          value={pickup.day}
          options={times.days.map((day, place) => ({ value: day, label: named(day, place) }))}
          onChange={pickup.toDay}
        />
      )}
      {times.day !== pickup.day ? (
        <Skeleton lines={1} label={t.timesLoading} />
      ) : times.times.length === 0 ? (
        <Note kind="warn">{t.noTimes}</Note>
      ) : (
        <div class="field">
          <label for={id}>{t.time}</label>
          <select
            id={id}
            value={pickup.at ?? ""}
            onChange={(event) => pickup.choose(event.currentTarget.value)}
          >
            {times.times.map((time) => (
              <option key={time.at} value={time.at} selected={time.at === pickup.at}>
                {date(time.at, "time", times.timezone)}
              </option>
            ))}
          </select>
        </div>
      )}
    </>
  );
}
