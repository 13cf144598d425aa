/**
 * What a person sees of their act before the server has answered: pure, from documents to documents.
 *
 * The server decides; this is only the picture until then. What needs its consent (an offer, a reward) is marked
 * `pending` and never shown as done.
 */

import type { Doc, Mutation } from "./types";

/** What is on screen, by entity. */
export interface Look {
  get(entity: string): Doc | undefined;
  keys(prefix: string): string[];
}

type Change = Record<string, Doc | null>;
type Effect = (args: Doc, look: Look, act: Mutation) => Change;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function patch(look: Look, entity: string, values: Doc): Change {
  const known = look.get(entity);
  return known === undefined ? {} : { [entity]: { ...known, ...values } };
}

function usual(values: (args: Doc, known: Doc) => Doc): Effect {
  return (args, look, act) => {
    const entity = `usual/${text(args.slot)}`;
    const known = look.get(entity) ?? {
      slot: args.slot,
      items: [],
      source: "purchases",
      suggested: [],
      hidden: false,
      version: act.seen,
    };
    return { [entity]: { ...known, ...values(args, known) } };
  };
}

const pieces = (items: unknown): Doc[] =>
  Array.isArray(items) ? items.map((item: Doc) => ({ options: [], quantity: 1, ...item })) : [];

function consent(allowed: boolean): Effect {
  return (args, look) => {
    const entity = `consent/${text(args.purpose)}`;
    const known = look.get(entity) ?? { purpose: args.purpose };
    const channels = (known.channels ?? {}) as Record<string, Doc>;
    const channel = text(args.channel);
    const state = { ...channels[channel], allowed, text_version: args.text_version };
    return { [entity]: { ...known, channels: { ...channels, [channel]: state } } };
  };
}

const head = (args: Doc): Doc => ({ store: args.store ?? null, note: args.note ?? "" });

const line = (args: Doc): string => `draft/${text(args.draft)}/line/${text(args.line)}`;

function touched(look: Look, args: Doc, act: Mutation): Change {
  return patch(look, `draft/${text(args.draft)}`, { touched_at: act.at, touched_on: null });
}

const EFFECTS: Record<string, Effect> = {
  "profile.set": (args, look) => patch(look, "profile", { [text(args.field)]: args.value }),
  "preference.set": (args, _, act) => ({
    [`preference/${text(args.name)}`]: { name: args.name, value: args.value, version: act.seen, at: act.at },
  }),
  "preference.clear": (args) => ({ [`preference/${text(args.name)}`]: null }),
  "favorite.add": (args, _, act) => ({
    [`favorite/${text(args.sku)}`]: { sku: args.sku, version: act.seen, at: act.at },
  }),
  "favorite.remove": (args) => ({ [`favorite/${text(args.sku)}`]: null }),
  "dietary.add": (args, _, act) => ({
    [`dietary/${text(args.tag)}`]: { tag: args.tag, version: act.seen, at: act.at },
  }),
  "dietary.remove": (args) => ({ [`dietary/${text(args.tag)}`]: null }),
  "usual.set": usual((args) => ({ items: pieces(args.items), source: "chosen", hidden: false })),
  "usual.forget": usual((_, known) => ({ items: known.suggested, source: "purchases" })),
  "usual.hide": usual(() => ({ hidden: true })),
  "usual.show": usual(() => ({ hidden: false })),
  "consent.give": consent(true),
  "consent.withdraw": consent(false),
  "message.read": (args, look, act) => {
    const entity = `message/${text(args.message)}`;
    return look.get(entity)?.read_at ? {} : patch(look, entity, { read_at: act.at });
  },
  "notice.dismiss": (args) => ({ [`notice/${text(args.notice)}`]: null }),
  "draft.create": (args, look, act) => {
    const entity = `draft/${text(args.draft)}`;
    const known = look.get(entity) ?? { id: args.draft, created_at: act.at, version: act.seen };
    return { [entity]: { ...known, ...head(args), touched_at: act.at, touched_on: null } };
  },
  "draft.set": (args, look, act) =>
    patch(look, `draft/${text(args.draft)}`, { ...head(args), touched_at: act.at, touched_on: null }),
  "draft.discard": (args, look) => {
    const entity = `draft/${text(args.draft)}`;
    const gone = [entity, ...look.keys(`${entity}/line/`)];
    return Object.fromEntries(gone.map((each) => [each, null]));
  },
  "draft.line.add": (args, look, act) => {
    if (look.get(`draft/${text(args.draft)}`) === undefined) return {};
    const added = {
      draft: args.draft,
      id: args.line,
      sku: args.sku,
      options: args.options ?? [],
      quantity: args.quantity ?? 1,
      note: args.note ?? "",
      added_at: look.get(line(args))?.added_at ?? act.at,
      at: act.at,
      version: act.seen,
    };
    return { ...touched(look, args, act), [line(args)]: added };
  },
  "draft.line.edit": (args, look, act) => {
    const { draft: _draft, line: _line, ...values } = args;
    return { ...touched(look, args, act), ...patch(look, line(args), { ...values, at: act.at }) };
  },
  "draft.line.remove": (args, look, act) => ({ ...touched(look, args, act), [line(args)]: null }),
  "offer.activate": (args, look) => patch(look, `offer/${text(args.id)}`, { pending: "activate" }),
  "offer.see": (args, look, act) => {
    const entity = `offer/${text(args.id)}`;
    return look.get(entity)?.seen_at ? {} : patch(look, entity, { seen_at: act.at });
  },
  "reward.hold": (args) => ({
    [`hold/${text(args.id)}`]: {
      id: args.id,
      unit: "points",
      purpose: `reward:${text(args.reward)}`,
      pending: "hold",
    },
  }),
  "reward.release": (args, look) => patch(look, `hold/${text(args.id)}`, { pending: "release" }),
};

/** Return what a mutation changes on screen; one that is not known changes nothing. */
export function effectOf(mutation: Mutation, look: Look): Change {
  return EFFECTS[mutation.name]?.(mutation.args, look, mutation) ?? {};
}
