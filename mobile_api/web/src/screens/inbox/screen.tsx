/** The inbox: what is new and what was read, the same on all devices. */

import { ago } from "@ui/format";
import { Button, Empty, Row, Rows } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useState } from "preact/hooks";
import { useApp, useDocs } from "../../app/hooks";
import { Screen } from "../../app/screen";
import type { MessageDoc } from "../../app/wire";
import { leadOf } from "./actions";
import { MessageSheet } from "./message";
import { Notices } from "./notices";
import { useOlder } from "./older";
import { texts } from "./texts";

/** So many of the newest are synchronized; what is before them is asked for. */
const SYNCED = 50;

export default function Inbox() {
  const t = useTexts(texts);
  const app = useApp();
  const [open, setOpen] = useState<MessageDoc | null>(null);
  const synced = useDocs<MessageDoc>("message").map(([, doc]) => doc);
  synced.sort((one, two) => two.created_at.localeCompare(one.created_at));
  const { older, more, busy, isThere } = useOlder(synced);
  const fresh = synced.filter((each) => each.read_at === null);
  const read = [...synced.filter((each) => each.read_at !== null), ...older];
  const show = (message: MessageDoc) => {
    if (message.read_at === null) void app.mutate("message.read", { message: message.id });
    setOpen(message);
  };
  const readAll = () =>
    void app.mutateAll(fresh.map((each) => ({ name: "message.read", args: { message: each.id } })));
  return (
    <Screen title={t.title} up="/me">
      <Notices />
      {synced.length === 0 && <Empty icon="inbox" title={t.empty} text={t.emptyText} />}
      {fresh.length > 0 && (
        <>
          <h2 class="line first">
            {t.new}
            <Button kind="quiet" onClick={readAll}>
              {t.readAll}
            </Button>
          </h2>
          <Messages label={t.new} messages={fresh} onOpen={show} />
        </>
      )}
      {read.length > 0 && (
        <>
          <h2>{t.earlier}</h2>
          <Messages label={t.earlier} messages={read} onOpen={show} />
        </>
      )}
      {isThere && synced.length >= SYNCED && (
        <Button wide busy={busy} onClick={() => void more()}>
          {t.older}
        </Button>
      )}
      {open && <MessageSheet message={open} onClose={() => setOpen(null)} />}
    </Screen>
  );
}

interface MessagesProps {
  label: string;
  messages: readonly MessageDoc[];
  onOpen: (message: MessageDoc) => void;
}

function Messages({ label, messages, onOpen }: MessagesProps) {
  const t = useTexts(texts);
  return (
    <Rows label={label}>
      {messages.map((each) => {
        const title = words(each.title);
        return (
          <Row
            key={each.id}
            icon={leadOf(each).icon}
            title={title || words(each.text) || t.message}
            detail={title ? words(each.text) : ""}
            end={<span class="row-detail">{ago(each.created_at)}</span>}
            fresh={each.read_at === null}
            onClick={() => onOpen(each)}
          />
        );
      })}
    </Rows>
  );
}
