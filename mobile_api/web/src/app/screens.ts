/** The table of screens, each loaded when it is first gone to (all of them lie on the device already). */

import type { ComponentType } from "preact";

// biome-ignore lint/suspicious/noExplicitAny: a screen takes the parts that its own pattern names
type Screen = () => Promise<{ default: ComponentType<any> }>;

export const SCREENS: Record<string, Screen> = {
  "/rewards": () => import("../screens/rewards/screen"),
  "/tiers": () => import("../screens/tiers/screen"),
  "/invite": () => import("../screens/invite/screen"),
  "/gifts": () => import("../screens/gifts/screen"),
  "/gift": () => import("../screens/gifts/screen"),
};
