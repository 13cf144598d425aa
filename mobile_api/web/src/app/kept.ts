/** Answers that are not synchronized but must be there without a network: shown from this device, then renewed. */

import { useEffect, useReducer, useState } from "preact/hooks";
import type { Problem } from "./api";
import { useApp } from "./hooks";

interface Kept<T> {
  data: T | null;
  /** Why there is nothing to show; null as long as there may be. */
  problem: Problem | null;
  /** Ask again. */
  again: () => void;
}

/**
 * Return what `path` answers; `entity` names the document whose change makes it stale, such as `wallet`.
 *
 * What this device has is shown at once. A problem is told only where there is nothing.
 */
export function useKept<T>(path: string, entity: string): Kept<T> {
  const { api, replica } = useApp();
  const [data, setData] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [round, again] = useReducer((count: number) => count + 1, 0);
  useEffect(
    () => replica.listen((changed) => changed.has(entity) && again(undefined as never)),
    [replica, entity],
  );
  useEffect(() => {
    let isOver = false;
    const show = (found: T) => {
      if (isOver) return;
      setData(found);
      setProblem(null);
    };
    void api.cached<T>(path, show, false).then(async (found) => {
      if (found !== null) return show(found);
      const answer = await api.get<T>(path);
      if (answer.ok) show(answer.data);
      else if (!isOver) setProblem(answer.problem);
    });
    return () => {
      isOver = true;
    };
  }, [api, path, round]);
  return { data, problem, again: () => again(undefined as never) };
}
