/** Requests to `/api/v1`: with the device's token, renewed when it is over; every refusal is a value, nothing throws. */

import type { Keeping, Session } from "./keeping";

/** A problem document (RFC 9457); `status` 0 and code `offline` where no answer came. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  errors?: { pointer: string; detail: string }[];
  retry_after_seconds?: number;
  [fact: string]: unknown;
}

export type Answer<T> = { ok: true; status: number; data: T } | { ok: false; problem: Problem };

export interface Options {
  body?: unknown;
  /** An idempotency key: the request may be sent again and is done once. */
  key?: string;
  /** Without a token: what anybody may ask. */
  open?: boolean;
  /** The answer is a file, not JSON. */
  file?: boolean;
  signal?: AbortSignal;
}

const PREFIX = "/api/v1";
const LONGEST_MS = 20_000;
const EARLY_MS = 20_000;
const OFFLINE: Problem = { status: 0, code: "offline", detail: "" };

export class Api {
  readonly #keeping: Keeping;
  readonly #over: (code: string) => void;

  /** `over` is called when this device's session has ended: with `session_expired` or `device_revoked`. */
  constructor(keeping: Keeping, over: (code: string) => void) {
    this.#keeping = keeping;
    this.#over = over;
  }

  get<T>(path: string, options: Options = {}): Promise<Answer<T>> {
    return this.call<T>("GET", path, options);
  }

  post<T>(path: string, body: unknown = {}, options: Options = {}): Promise<Answer<T>> {
    return this.call<T>("POST", path, { ...options, body });
  }

  async call<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
    let token: string | null = null;
    if (!options.open) {
      const found = await this.#token(null);
      if (typeof found !== "string") return { ok: false, problem: found };
      token = found;
    }
    const answer = await send<T>(method, path, options, token);
    if (answer.ok || token === null || !isOver(answer.problem)) return this.#noted(answer);
    const renewed = await this.#token(token);
    if (typeof renewed !== "string") return { ok: false, problem: renewed };
    return this.#noted(await send<T>(method, path, options, renewed));
  }

  /**
   * Do something once, whatever the network does: the same act again (also after a restart) is the same request.
   *
   * `slot` names what is done ("top-up"); the key stays with it until the server has said yes or no.
   */
  async once<T>(slot: string, path: string, body: unknown): Promise<Answer<T>> {
    const key = await this.#keyOf(slot, JSON.stringify(body));
    const answer = await this.call<T>("POST", path, { body, key });
    if (answer.ok || !isUnsure(answer.problem)) await this.#settled(slot, key);
    return answer;
  }

  /** Return the key of an act: read or made in one transaction, so that two taps at once have the same. */
  async #keyOf(slot: string, body: string): Promise<string> {
    const tx = this.#keeping.transaction("pending", "readwrite", { durability: "strict" });
    const known = await tx.store.get(slot);
    const key = known?.body === body ? known.key : crypto.randomUUID();
    if (known?.key !== key) await tx.store.put({ key, body }, slot);
    await tx.done;
    return key;
  }

  /** Forget the key of an act that was answered, unless another act has taken its place. */
  async #settled(slot: string, key: string): Promise<void> {
    const tx = this.#keeping.transaction("pending", "readwrite");
    if ((await tx.store.get(slot))?.key === key) await tx.store.delete(slot);
    await tx.done;
  }

  /** Read what changes seldom: from this device at once, and again from the server when it has something newer. */
  async cached<T>(path: string, fresh: (data: T) => void, open = true): Promise<T | null> {
    const known = await this.#keeping.get("cache", path);
    const renew = async (): Promise<T | null> => {
      const token = open ? null : await this.#token(null);
      if (token !== null && typeof token !== "string") return null;
      const { response } = await reach("GET", path, {}, token, known?.etag ?? null);
      if (response?.status !== 200) return null;
      const body: T = await response.json();
      await this.#keeping.put("cache", { etag: response.headers.get("ETag"), body, at: Date.now() }, path);
      return body;
    };
    if (known === undefined) return renew();
    void renew().then((body) => body !== null && fresh(body));
    return known.body as T;
  }

  #noted<T>(answer: Answer<T>): Answer<T> {
    if (
      !answer.ok &&
      (answer.problem.code === "device_revoked" || answer.problem.code === "session_expired")
    ) {
      this.#over(answer.problem.code);
    }
    return answer;
  }

  /** Return a token that is good now, renewed if it is `spent` or nearly over; or why there is none. */
  async #token(spent: string | null): Promise<string | Problem> {
    const isGood = (session: Session) =>
      session.access !== spent && session.access_until - EARLY_MS > Date.now();
    const session = await this.#keeping.get("session", "me");
    if (session === undefined) return { status: 401, code: "signed_out", detail: "" };
    if (isGood(session)) return session.access;
    // One page at a time: a refresh token is good once.
    return navigator.locks.request("regulars-refresh", async () => {
      const now = await this.#keeping.get("session", "me");
      if (now === undefined) return { status: 401, code: "signed_out", detail: "" };
      return isGood(now) ? now.access : this.#renewed(now);
    });
  }

  async #renewed(session: Session): Promise<string | Problem> {
    const answer = await send<TokenPair>(
      "POST",
      "/auth/refresh",
      { body: { refresh_token: session.refresh } },
      null,
    );
    if (!answer.ok) {
      const { status, code } = answer.problem;
      if (status === 401 || status === 403) this.#over(code === "device_revoked" ? code : "session_expired");
      return answer.problem;
    }
    await this.#keeping.put("session", { ...session, ...sessionOf(answer.data) }, "me");
    return answer.data.access_token;
  }
}

export interface TokenPair {
  access_token: string;
  expires_in: number;
  refresh_token: string;
  device_id: string;
}

export function sessionOf(pair: TokenPair): Omit<Session, "member"> {
  return {
    device: pair.device_id,
    access: pair.access_token,
    access_until: Date.now() + pair.expires_in * 1000,
    refresh: pair.refresh_token,
  };
}

/** What a new token heals; a wrong code is also a 401, and must not be tried twice. */
const HEALED = new Set(["token_expired", "token_invalid", "unauthenticated"]);
/** What says nothing about whether the act was done, now or when it was sent before. */
const UNSURE = new Set([0, 401, 408, 425, 426, 429]);
const isUnsure = ({ status }: Problem) => UNSURE.has(status) || status >= 500;
const isOver = (problem: Problem) => HEALED.has(problem.code);

async function send<T>(
  method: string,
  path: string,
  options: Options,
  token: string | null,
): Promise<Answer<T>> {
  const { response } = await reach(method, path, options, token, null);
  if (response === null) return { ok: false, problem: OFFLINE };
  try {
    const asFile = options.file && response.ok;
    const data = response.status === 204 ? null : await (asFile ? response.blob() : response.json());
    if (response.ok) return { ok: true, status: response.status, data: data as T };
    const after = Number(response.headers.get("Retry-After"));
    return {
      ok: false,
      problem: { ...data, status: response.status, ...(after > 0 && { retry_after_seconds: after }) },
    };
  } catch {
    // Cut off in the middle, or a proxy's page: it may have been done.
    return {
      ok: false,
      problem: response.ok ? OFFLINE : { status: response.status, code: "internal", detail: "" },
    };
  }
}

async function reach(
  method: string,
  path: string,
  options: Options,
  token: string | null,
  etag: string | null,
): Promise<{ response: Response | null }> {
  const headers = new Headers({ Accept: options.file ? "*/*" : "application/json" });
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  if (options.key !== undefined) headers.set("Idempotency-Key", options.key);
  if (etag !== null) headers.set("If-None-Match", etag);
  if (options.body !== undefined) headers.set("Content-Type", "application/json");
  const limit = AbortSignal.timeout(LONGEST_MS);
  try {
    const response = await fetch(PREFIX + path, {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
      // Only answers to GET are ever kept; elsewhere this would be two headers for nothing.
      ...(method === "GET" && { cache: "no-store" }),
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    return { response };
  } catch {
    return { response: null };
  }
}
