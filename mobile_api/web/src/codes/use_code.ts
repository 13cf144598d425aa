/** A code that is drawn anew before it is too old, and after each use. */

import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app/hooks";
import { type Drawn, drawNumber, drawPay, type NoCode } from "./pay";

export type Shown = "pay" | "number" | "card";

/** Return the code of a kind as it is now; `use` is anything that changes when the last one was used. */
export function useCode(kind: Shown, use: unknown): Drawn | NoCode | null {
  const app = useApp();
  const [code, setCode] = useState<Drawn | NoCode | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const draw = async () => {
      clearTimeout(timer);
      const drawn = await drawn_of(kind);
      if (isOver) return;
      setCode(drawn);
      timer = setTimeout(draw, typeof drawn === "string" ? 3000 : drawn.seconds * 1000);
    };
    const drawn_of = (wanted: Shown): Promise<Drawn | NoCode> => {
      const { offset } = app.replica;
      if (wanted === "pay") return drawPay(app.keeping, offset);
      if (wanted === "number") return drawNumber(app.keeping, offset);
      const card = app.replica.get("profile")?.card_number;
      return Promise.resolve(typeof card === "string" ? { text: card, seconds: 3600 } : "no_key");
    };
    // A page that slept shows an old code: draw when it is looked at again.
    const look = () => document.visibilityState === "visible" && void draw();
    void draw();
    document.addEventListener("visibilitychange", look);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [app, kind, use]);
  return code;
}

/** Keep the screen awake while this is shown. */
export function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const hold = async () => {
      if (document.visibilityState !== "visible") return;
      try {
        lock = (await navigator.wakeLock?.request("screen")) ?? null;
        if (isOver) void lock?.release();
      } catch {
        // Low battery, or not allowed: the screen goes dark as always.
      }
    };
    void hold();
    document.addEventListener("visibilitychange", hold);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", hold);
      void lock?.release();
    };
  }, []);
}
