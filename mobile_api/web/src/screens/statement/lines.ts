/** The lines of the statement: which are wanted, page by page, and what this device has of them without a network. */

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { useApp, useAppState } from "../../app/hooks";

export interface Line {
  seq: number;
  kind: string;
  occurred_at: string;
  recorded_at: string;
  reference: string | null;
  points_milli: number;
  held_milli: number;
  owed_milli: number;
  wallet_minor: number;
  postings: { amount: number; rule: string | null; text: string }[];
}

interface Page {
  items: Line[];
  next: string | null;
}

export type Period = "all" | "month" | "last" | "quarter" | "year";

export interface Filter {
  of: "all" | "points" | "money";
  kind: string;
  period: Period;
}

export const EVERYTHING: Filter = { of: "all", kind: "", period: "all" };
const PATH = "/statement?limit=50";
const DAY_MS = 86_400_000;

/** Return from when until when a period is, on this device's calendar. */
export function span(period: Period, now = new Date()): { from: Date | null; until: Date | null } {
  const [year, month] = [now.getFullYear(), now.getMonth()];
  switch (period) {
    case "month":
      return { from: new Date(year, month, 1), until: null };
    case "last":
      return { from: new Date(year, month - 1, 1), until: new Date(year, month, 1) };
    case "quarter":
      return { from: new Date(now.getTime() - 90 * DAY_MS), until: null };
    case "year":
      return { from: new Date(year, 0, 1), until: null };
    default:
      return { from: null, until: null };
  }
}

function pathOf(filter: Filter): string {
  const { from, until } = span(filter.period);
  const query = new URLSearchParams();
  if (filter.of !== "all") query.set("of", filter.of === "money" ? "wallet" : "points");
  if (filter.kind) query.set("kind", filter.kind);
  if (from) query.set("from", from.toISOString());
  if (until) query.set("until", until.toISOString());
  const wanted = query.toString();
  return wanted ? `${PATH}&${wanted}` : PATH;
}

/** Tell whether a line is wanted: what the server decides, for the lines that are here without it. */
function fits(line: Line, filter: Filter): boolean {
  const { from, until } = span(filter.period);
  const at = Date.parse(line.occurred_at);
  const moved = line.points_milli || line.held_milli || line.owed_milli;
  return (
    (filter.of === "all" || Boolean(filter.of === "money" ? line.wallet_minor : moved)) &&
    (!filter.kind || line.kind === filter.kind) &&
    (!from || at >= from.getTime()) &&
    (!until || at < until.getTime())
  );
}

interface Statement {
  lines: Line[] | null;
  problem: Problem | null;
  /** What is shown is what this device had: there may be more and newer ones. */
  isKept: boolean;
  more: (() => void) | null;
}

/** Return the lines that are wanted, the newest first; read anew when something was booked. */
export function useLines(filter: Filter): Statement {
  const app = useApp();
  const { online } = useAppState().health;
  const [page, setPage] = useState<(Page & { isKept: boolean }) | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [round, again] = useReducer((count: number) => count + 1, 0);
  const asking = useRef(0);
  const path = pathOf(filter);
  useEffect(
    () =>
      app.replica.listen(
        (changed) => (changed.has("balance") || changed.has("wallet")) && again(undefined as never),
      ),
    [app],
  );
  useEffect(() => {
    const mine = ++asking.current;
    const show = (found: Page, isKept: boolean) => {
      if (mine !== asking.current) return;
      setProblem(null);
      setPage({ ...found, isKept });
    };
    void first(app, path, filter, show).then((failed) => {
      if (failed && mine === asking.current) setProblem(failed);
    });
  }, [app, path, round, online]);
  const more = async (cursor: string) => {
    const mine = ++asking.current;
    const answer = await app.api.get<Page>(`${path}&cursor=${cursor}`);
    if (mine !== asking.current) return;
    if (!answer.ok) return setProblem(answer.problem);
    setPage((known) => ({
      ...answer.data,
      items: [...(known?.items ?? []), ...answer.data.items],
      isKept: false,
    }));
  };
  const next = page?.next ?? null;
  return {
    lines: page?.items ?? null,
    problem,
    isKept: page?.isKept ?? false,
    more: next !== null && !page?.isKept ? () => void more(next) : null,
  };
}

type App = ReturnType<typeof useApp>;

/** Show the first page: what is here at once, then what the server says; return why it said nothing. */
async function first(
  app: App,
  path: string,
  filter: Filter,
  show: (page: Page, isKept: boolean) => void,
): Promise<Problem | null> {
  const known = (await app.keeping.get("cache", PATH))?.body as Page | undefined;
  if (known) show({ items: known.items.filter((line) => fits(line, filter)), next: known.next }, true);
  const answer = await app.api.get<Page>(path);
  if (!answer.ok) return known && answer.problem.status === 0 ? null : answer.problem;
  if (path === PATH) await app.keeping.put("cache", { etag: null, body: answer.data, at: Date.now() }, PATH);
  show(answer.data, false);
  return null;
}
