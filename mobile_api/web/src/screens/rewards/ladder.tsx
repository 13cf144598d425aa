/** The ladder drawn: each rung a reward, filled up to where the member stands. */

import { amount } from "@ui/format";
import { useTexts } from "@ui/texts";
import type { Reward } from "./rewards";
import { texts } from "./texts";

const WIDTH = 320;
const HEIGHT = 46;

export function Ladder({ ladder, have }: { ladder: Reward[]; have: number }) {
  const t = useTexts(texts);
  if (ladder.length < 2) return null;
  const gap = WIDTH / ladder.length;
  const x = (place: number) => gap * (place + 0.5);
  return (
    <svg class="ladder" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t.ladderPlot(amount(have))}>
      <line class="ladder-all" x1="4" y1="14" x2={WIDTH - 4} y2="14" />
      <line class="ladder-done" x1="4" y1="14" x2={Math.max(4, reach(ladder, have, x))} y2="14" />
      {ladder.map((each, place) => (
        <g key={each.reward}>
          <circle class={each.missing_milli === 0 ? "rung reached" : "rung"} cx={x(place)} cy="14" r="8" />
          <text x={x(place)} y="42" text-anchor="middle">
            {amount(each.points_milli)}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** Where so many points are on a ladder whose rungs stand at even distances. */
function reach(ladder: Reward[], have: number, x: (place: number) => number): number {
  let [before, from] = [0, 4];
  for (const [place, each] of ladder.entries()) {
    if (have < each.points_milli)
      return from + ((x(place) - from) * (have - before)) / (each.points_milli - before);
    [before, from] = [each.points_milli, x(place)];
  }
  return WIDTH - 4;
}
