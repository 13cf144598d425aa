/** What a device and the server say to each other (`POST /api/v1/sync`), and what a device keeps. */

export type Doc = Record<string, unknown>;

/** What a device holds: everything of `epoch` up to `version`. It keeps `after` and does not look into it. */
export interface Cursor {
  epoch: string;
  version: number;
  after?: string | null;
}

/** One act of a person, on its way: `id` counts up on this device, `uid` was made when the person acted. */
export interface Mutation {
  id: number;
  uid: string;
  name: string;
  args: Doc;
  /** The version that was on screen when the person acted, and its epoch. */
  seen: number;
  seen_epoch: string | null;
  /** This device's own clock then, RFC 3339. */
  at: string;
}

/** A mutation in the queue. `done`: its outcome is known, the documents it led to are not here yet. */
export interface Queued extends Mutation {
  done?: boolean;
}

export type ResultStatus = "ok" | "merged" | "superseded" | "rejected";

export interface Result {
  uid: string;
  id: number;
  status: ResultStatus;
  code: string | null;
  version: number;
}

/** An act that did not come to be as the person meant it: kept until somebody has seen it. */
export interface Refusal {
  uid: string;
  name: string;
  args: Doc;
  status: ResultStatus;
  code: string | null;
  at: string;
}

export interface SyncRequest {
  schema: number;
  cursor: Cursor | null;
  mutations: Mutation[];
  offset_ms: number;
}

export interface SyncAnswer {
  base: Cursor | null;
  cursor: Cursor;
  reset: boolean;
  more: boolean;
  put: Record<string, Doc>;
  del: string[];
  results: Result[];
  retry_after_seconds: number | null;
  server_time: string;
}

/** How one exchange ended, whatever carried it. `lost`: no answer, it may have been done. */
export type Exchange =
  | { kind: "answer"; answer: SyncAnswer }
  | { kind: "lost" }
  | { kind: "later"; after_seconds: number | null }
  | { kind: "refused"; status: number; code: string };

/** The version of the documents that this code understands. */
export const SCHEMA = 1;
/** The longest head of the queue that one request carries: mutations, and bytes of their JSON. */
export const MOST_MUTATIONS = 50;
export const MOST_BYTES = 56 * 1024;
/** The most that one act may say. */
export const MOST_ACT_BYTES = 32 * 1024;
