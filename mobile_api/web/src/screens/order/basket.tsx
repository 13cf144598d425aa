/** The basket: what is in it, where and when, what it costs, and placing it. */

import { Button, Empty, Field, Icon, Note } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useAppState, useDocs } from "../../app/hooks";
import { flawsOf, type Menu } from "../../app/menu";
import { type DraftDoc, type DraftLineDoc, type OrderDoc, useBasket } from "../../app/orders";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import { useMenu, useStore } from "../../app/stores";
import type { StorePlace } from "../../app/wire";
import { Usual } from "../home/usual";
import { refusalsOf, texts } from "./basket_texts";
import { Continue, Notices } from "./continue";
import { ExtrasPart } from "./extras";
import { Lines } from "./lines";
import { PickupPart } from "./pickup";
import { PlacePart } from "./place";
import { StoreBar } from "./stores";
import { SumPart } from "./sum";
import { usePickup } from "./use_pickup";
import { basketBody, NONE, useExtras, useQuote } from "./use_quote";

const NOTE_PAUSE_MS = 500;
const LONGEST_NOTE = 200;
/** What paid for a reward was spent elsewhere. */
const LOST = ["insufficient_points", "already_spent", "hold_not_found", "hold_too_small"];

export default function Basket() {
  const t = useTexts(texts);
  const { draft, lines } = useBasket();
  const { place, choose } = useStore();
  const menu = useMenu(place);
  return (
    <Screen title={t.title} up="/order">
      <Notices />
      <OrderedElsewhere draft={draft} />
      {draft === null || lines.length === 0 || menu === null ? (
        <Nothing />
      ) : (
        <Filled key={draft.id} draft={draft} lines={lines} menu={menu} place={place} choose={choose} />
      )}
    </Screen>
  );
}

function Nothing() {
  const t = useTexts(texts);
  return (
    <>
      <Empty
        icon="shopping-bag"
        title={t.empty}
        text={t.emptyText}
        action={
          <a class="button primary" href={href("/order")}>
            {t.toMenu}
          </a>
        }
      />
      <Usual />
    </>
  );
}

/** The draft that was here became an order, and not on this device. */
function OrderedElsewhere({ draft }: { draft: DraftDoc | null }) {
  const t = useTexts(texts);
  const last = useRef<string | null>(null);
  const orders = useDocs<OrderDoc>("order").map(([, doc]) => doc);
  if (draft !== null) last.current = draft.id;
  const order = orders.find((each) => each.draft === last.current);
  if (order === undefined) return null;
  return (
    <Note kind="good">
      <p>{t.ordered}</p>
      <p>
        <a href={href(`/orders/${order.id}`)}>{t.toOrder}</a>
      </p>
    </Note>
  );
}

interface FilledProps {
  draft: DraftDoc;
  lines: DraftLineDoc[];
  menu: Menu;
  place: StorePlace | null;
  choose: (store: string) => void;
}

function Filled({ draft, lines, menu, place, choose }: FilledProps) {
  const t = useTexts(texts);
  const app = useAppState();
  const [extras, setExtras] = useExtras(draft.id);
  const store = place?.order_ahead ? place.key : null;
  const pickup = usePickup(store);
  const [note, setNote] = useNote(draft);
  const flaws = lines.flatMap((line) => flawsOf(menu, line));
  const canQuote = store !== null && flaws.length === 0 && app.health.online;
  const quoted = useQuote(canQuote ? basketBody(store, lines, extras) : null);
  useDropped(quoted.problem, () => setExtras(NONE), extras !== NONE);
  return (
    <>
      <Continue inBasket />
      <StoreBar place={place} choose={choose} />
      <Lines
        draft={draft}
        lines={lines}
        menu={menu}
        flaws={flaws}
        quote={quoted.isOld ? null : quoted.quote}
      />
      <div class="buttons">
        <a class="button" href={href("/order")}>
          <Icon name="plus" size={20} />
          {t.more}
        </a>
        <Discard draft={draft} lines={lines} />
      </div>
      <ExtrasPart lines={lines} store={store} extras={extras} onChange={setExtras} quote={quoted.quote} />
      {store !== null && <PickupPart pickup={pickup} />}
      <Field label={t.note} value={note} maxLength={LONGEST_NOTE} onInput={setNote} />
      <SumPart quoted={quoted} isQuotable={canQuote} />
      <PlacePart
        key={store}
        draft={draft}
        lines={lines}
        menu={menu}
        note={note.trim()}
        extras={extras}
        pickup={pickup}
        quoted={quoted}
        isReady={canQuote}
      />
    </>
  );
}

/** What fitted before may not fit after a change: it is taken off, and said. */
function useDropped(problem: { code: string } | null, drop: () => void, hasAny: boolean): void {
  const t = useTexts(texts);
  const isTheirs =
    problem !== null && hasAny && (problem.code in refusalsOf(t) || LOST.includes(problem.code));
  useEffect(() => {
    if (!isTheirs) return;
    drop();
    say({ text: t.dropped, kind: "bad" });
  }, [isTheirs]);
}

/** The note as it is typed; written into the draft when the person pauses. */
function useNote(draft: DraftDoc): [string, (note: string) => void] {
  const app = useApp();
  const [typed, setTyped] = useState<string | null>(null);
  useEffect(() => {
    if (typed === null || typed === draft.note) return;
    const timer = setTimeout(() => {
      void app.mutate("draft.set", { draft: draft.id, store: draft.store, note: typed.trim() });
    }, NOTE_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [app, typed]);
  return [typed ?? draft.note, setTyped];
}

function Discard({ draft, lines }: { draft: DraftDoc; lines: DraftLineDoc[] }) {
  const t = useTexts(texts);
  const app = useApp();
  const discard = async () => {
    const before = lines.map(({ sku, options, quantity, note }) => ({ sku, options, quantity, note }));
    await app.mutate("draft.discard", { draft: draft.id });
    const undo = () => void restore(app, draft, before);
    say({ text: t.emptied, action: { label: t.undo, run: undo } });
  };
  return (
    <Button kind="quiet" icon="trash" onClick={() => void discard()}>
      {t.emptyIt}
    </Button>
  );
}

/** A draft that was thrown away stays so: what was in it comes back in a new one. */
function restore(
  app: ReturnType<typeof useApp>,
  draft: DraftDoc,
  items: Omit<DraftLineDoc, "id" | "draft" | "added_at" | "at">[],
) {
  const made = crypto.randomUUID();
  return app.mutateAll([
    { name: "draft.create", args: { draft: made, store: draft.store, note: draft.note } },
    ...items.map((item) => ({
      name: "draft.line.add",
      args: { draft: made, line: crypto.randomUUID(), ...item },
    })),
  ]);
}
