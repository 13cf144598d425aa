/** What a message leads to, by its kind: one line each. */

import type { IconName } from "@ui/icons";
import type { MessageDoc } from "../../app/wire";

/** `text` is a key of this folder's texts; `to` a path of the app. */
export interface Lead {
  icon: IconName;
  text?: "order" | "devices" | "wallet" | "rewards" | "offers" | "gifts" | "statement";
  to?: (data: Record<string, unknown>) => string;
}

const order: Lead = { icon: "shopping-bag", text: "order", to: (data) => `/orders/${data.order}` };
const wallet: Lead = { icon: "wallet", text: "wallet", to: () => "/wallet" };

const LEADS: Record<string, Lead> = {
  device_added: { icon: "smartphone", text: "devices", to: () => "/devices" },
  passkey_added: { icon: "key", text: "devices", to: () => "/devices" },
  order_ready: order,
  order_cancelled: order,
  auto_reload_declined: wallet,
  auto_reload_stopped: wallet,
  gift: { icon: "gift", text: "gifts", to: () => "/gifts" },
  expiring: { icon: "clock", text: "rewards", to: () => "/rewards" },
};

export const leadOf = (message: MessageDoc): Lead => LEADS[message.kind] ?? { icon: "mail" };
