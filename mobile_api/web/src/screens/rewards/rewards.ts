/** Rewards as they stand for this member: read beside the feed and kept, reckoned anew with every change of the balance. */

import { useEffect, useState } from "preact/hooks";
import { useApp, useDoc, useDocs } from "../../app/hooks";
import type { Balance } from "../../app/wire";

interface RewardText {
  reward: string;
  name: string;
  text: string;
  points_milli: number;
  granted: number;
}

export interface Grant {
  id: string;
  reward: string;
  valid_until: string | null;
}

export interface Hold {
  id: string;
  unit: string;
  amount?: number;
  until?: string;
  purpose: string;
  pending?: "hold" | "release";
}

export interface Reward extends RewardText {
  missing_milli: number;
  grants: Grant[];
}

const PATH = "/rewards";

/** Return the ladder by price, and what was given for free; null while nothing is known. */
export function useRewards(): { ladder: Reward[]; granted: Reward[] } | null {
  const app = useApp();
  const points = useDoc<Balance>("balance")?.points_milli ?? 0;
  const grants = useDocs<Grant>("grant").map(([, doc]) => doc);
  const tier = useDoc<{ tier: string }>("tier")?.tier;
  const [texts, setTexts] = useState<RewardText[] | null>(null);
  useEffect(() => {
    let isOver = false;
    const take = (found: { items: RewardText[] }) => isOver || setTexts(found.items);
    void app.api.cached<{ items: RewardText[] }>(PATH, take, false).then((found) => found && take(found));
    return () => {
      isOver = true;
    };
  }, [app, tier]);
  if (texts === null) return null;
  const all = texts.map((each) => ({
    ...each,
    missing_milli: Math.max(0, each.points_milli - points),
    grants: grants.filter((grant) => grant.reward === each.reward && isGood(grant)),
  }));
  const ladder = all.filter((each) => each.points_milli > 0);
  ladder.sort((one, two) => one.points_milli - two.points_milli);
  return { ladder, granted: all.filter((each) => each.grants.length > 0) };
}

function isGood(grant: Grant): boolean {
  return grant.valid_until === null || Date.parse(grant.valid_until) > Date.now();
}

/** Return the rewards that wait for the till. */
export function useHolds(): Hold[] {
  const holds = useDocs<Hold>("hold").map(([, doc]) => doc);
  return holds.filter((each) => each.purpose.startsWith("reward:") && isWaiting(each));
}

function isWaiting(hold: Hold): boolean {
  return hold.until === undefined || Date.parse(hold.until) > Date.now();
}
