/** When it can be picked up at a store, and what the person has chosen. */

import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { useAnswer } from "../../app/hooks";

export interface PickupTimes {
  store: string;
  timezone: string;
  day: string;
  lead_minutes: number;
  days: string[];
  asap: string | null;
  times: { at: string; local: string; left: number | null }[];
}

export interface Pickup {
  times: PickupTimes | null;
  problem: Problem | null;
  /** The day whose times are wanted; they may be on their way. */
  day: string | null;
  /** null: as soon as possible; undefined: there is no time, or it is not known yet. */
  at: string | null | undefined;
  choose: (at: string | null | "first") => void;
  toDay: (day: string) => void;
  again: () => void;
}

const AGAIN_MS = 60_000;

/** `first`: the first time of the day that is looked at. */
type Choice = { store: string; at: string | null | "first" };

export function usePickup(store: string | null): Pickup {
  const [day, setDay] = useState<string | null>(null);
  const [choice, setChoice] = useState<Choice | null>(null);
  const query = day === null ? "" : `?day=${day}`;
  const { answer, again } = useAnswer<PickupTimes>(
    store === null ? null : `/stores/${store}/pickup-times${query}`,
  );
  useEffect(() => {
    const timer = setInterval(again, AGAIN_MS);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      removeEventListener("online", again);
    };
  }, [store]);
  const times = answer?.ok && answer.data.store === store ? answer.data : null;
  const next = times?.days[times.days.indexOf(times.day) + 1];
  const isEmpty = times !== null && times.asap === null && times.times.length === 0;
  useEffect(() => {
    // Not today any more: what can be chosen is on the next day.
    if (isEmpty && next !== undefined) setDay(next);
  }, [isEmpty, next]);
  const isThere = times !== null && (day === null || times.day === day);
  const chosen = choice?.store === store ? choice.at : null;
  const choose = (at: Choice["at"]) => setChoice(store === null ? null : { store, at });
  return {
    times,
    problem: answer && !answer.ok ? answer.problem : null,
    day: day ?? times?.day ?? null,
    // The times of another day than the one that was just chosen are nobody's choice.
    at: times === null || (chosen !== null && !isThere) ? undefined : meant(times, chosen),
    choose,
    toDay: (wanted) => {
      setDay(wanted);
      choose("first");
    },
    again,
  };
}

/** As soon as possible as long as that is today; else the first time there is. */
function meant(times: PickupTimes, chosen: Choice["at"]): string | null | undefined {
  if (chosen === "first" || (chosen === null && times.asap === null)) return times.times[0]?.at;
  return chosen;
}
