/** One sale as the server tells of it, and what this device knows of it without asking. */

import type { Problem } from "../../app/api";
import { useDoc } from "../../app/hooks";
import { useKept } from "../../app/kept";
import type { SaleDoc, SaleLine } from "../../app/wire";

export interface Line extends SaleLine {
  returned_quantity: number;
}

/** Something the program did; `lines` are those it did it for. */
export interface Effect {
  kind: string;
  key: string;
  points_milli: number;
  amount_minor: number;
  text: string;
  lines: string[];
}

export interface Tender {
  kind: string;
  amount_minor: number;
}

export interface Return {
  return: string;
  kind: string;
  occurred_at: string;
  lines: { line: string; quantity: number }[];
  refunds: Tender[];
  amount_minor: number;
  taken_milli: number;
  restored_milli: number;
}

export interface Sale extends Omit<SaleDoc, "id" | "lines"> {
  gross_minor: number;
  lines: Line[];
  tenders: Tender[];
  effects: Effect[];
  returns: Return[];
  /** It is what is synchronized: without the reasons, the payments and what came back. */
  isShort?: boolean;
}

/** Return a sale: as the server tells it, else as much of it as is synchronized. */
export function useSale(id: string): { sale: Sale | null; problem: Problem | null } {
  const doc = useDoc<SaleDoc & Sale>(`sale/${id}`);
  const { data, problem } = useKept<Sale>(`/sales/${encodeURIComponent(id)}`, `sale/${id}`);
  if (data !== null) return { sale: data, problem: null };
  if (doc === undefined) return { sale: null, problem };
  return { sale: { ...doc, tenders: [], effects: [], returns: [], isShort: true }, problem: null };
}

/** How a sale stands now: the word that is shown with it, if one is. */
export function stateOf(sale: Sale): "voided" | "returned" | "partly" | null {
  if (sale.state === "voided" || sale.state === "returned") return sale.state;
  return sale.lines.some((line) => line.returned_quantity > 0) ? "partly" : null;
}
