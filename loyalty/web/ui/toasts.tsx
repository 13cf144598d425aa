/** Short words that come and go: what was done, with a way back where there is one. */

import { useEffect, useState } from "preact/hooks";
import { Button } from "./parts";

export interface Toast {
  text: string;
  kind?: "good" | "bad";
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 5000;
let show: (toast: Toast) => void = () => {};

/** Say something for a few seconds. */
export function say(toast: Toast | string): void {
  show(typeof toast === "string" ? { text: toast } : toast);
}

/** Where toasts appear; once in a page. */
export function Toasts() {
  const [toast, setToast] = useState<Toast | null>(null);
  show = setToast;
  useEffect(() => {
    if (toast === null) return;
    const timer = setTimeout(() => setToast(null), toast.action ? 2 * SHOWN_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toast && (
        <div class={`toast ${toast.kind ?? ""}`}>
          <span>{toast.text}</span>
          {toast.action && (
            <Button
              kind="quiet"
              onClick={() => {
                toast.action?.run();
                setToast(null);
              }}
            >
              {toast.action.label}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
