/** The table of screens, each loaded when it is first gone to (all of them lie on the device already). */

import type { ComponentType } from "preact";

// biome-ignore lint/suspicious/noExplicitAny: a screen takes the parts that its own pattern names
type Screen = () => Promise<{ default: ComponentType<any> }>;

export const SCREENS: Record<string, Screen> = {
  "/pay": () => import("../screens/pay/screen"),
  "/me": () => import("../screens/me/screen"),
  "/me/profile": () => import("../screens/profile/screen"),
  "/me/look": () => import("../screens/profile/look"),
  "/me/taste": () => import("../screens/taste/screen"),
  "/me/notifications": () => import("../screens/privacy/notifications"),
  "/me/privacy": () => import("../screens/privacy/screen"),
  "/me/consents": () => import("../screens/privacy/history"),
  "/me/account": () => import("../screens/account/screen"),
  "/me/passes": () => import("../screens/account/passes"),
  "/devices": () => import("../screens/devices/screen"),
  "/inbox": () => import("../screens/inbox/screen"),
  "/wallet": () => import("../screens/wallet/screen"),
  "/statement": () => import("../screens/statement/screen"),
  "/claim": () => import("../screens/claim/screen"),
  "/receipts": () => import("../screens/receipts/screen"),
  "/receipts/:id": () => import("../screens/receipts/one"),
  "/rewards": () => import("../screens/rewards/screen"),
  "/tiers": () => import("../screens/tiers/screen"),
  "/invite": () => import("../screens/invite/screen"),
  "/gifts": () => import("../screens/gifts/screen"),
  "/gift": () => import("../screens/gifts/screen"),
  "/order": () => import("../screens/order/screen"),
  "/order/item/:sku": () => import("../screens/order/item"),
  "/order/line/:line": () => import("../screens/order/item"),
  "/order/basket": () => import("../screens/order/basket"),
  "/orders": () => import("../screens/orders/screen"),
  "/orders/:id": () => import("../screens/orders/order"),
};
