/** The way of an order, drawn: done steps are filled, the present one glows. */

import { date } from "@ui/format";
import { Icon } from "@ui/parts";
import { useTexts } from "@ui/texts";
import type { OrderDoc } from "../../app/orders";
import { texts } from "./texts";

const WAY = [
  { state: "placed", icon: "check", at: "placed_at" },
  { state: "started", icon: "coffee", at: "started_at" },
  { state: "ready", icon: "bell", at: "ready_at" },
  { state: "picked_up", icon: "shopping-bag", at: "picked_up_at" },
] as const;

export function Steps({ order }: { order: OrderDoc }) {
  const t = useTexts(texts);
  const now = WAY.findIndex((step) => step.state === order.state);
  if (now < 0) return null;
  return (
    <ol class="steps" aria-label={t.progress}>
      {WAY.map((step, place) => {
        const moment = order[step.at];
        return (
          <li
            key={step.state}
            class={place <= now ? "step step-done" : "step"}
            aria-current={place === now ? "step" : undefined}
          >
            <span class="step-dot">
              <Icon name={step.icon} size={20} />
            </span>
            <span class="step-name">{t.states[step.state]}</span>
            <span class="step-time number">{place <= now && moment ? date(moment, "time") : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}
