/** What an answer to `POST /sync` means for the device that asked. */

import type { Exchange, SyncAnswer } from "../sync/types";
import type { Answer } from "./api";

const LATER = new Set([429, 503]);

export function exchangeOf(answer: Answer<SyncAnswer>): Exchange {
  if (answer.ok) return { kind: "answer", answer: answer.data };
  const { status, code, retry_after_seconds } = answer.problem;
  if (LATER.has(status)) return { kind: "later", after_seconds: retry_after_seconds ?? null };
  // No answer, or one that does not say whether it was done.
  if (status === 0 || status === 408 || status >= 500) return { kind: "lost" };
  return { kind: "refused", status, code };
}
