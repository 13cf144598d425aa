/** What synchronization did and a person should know: a sentence each, until somebody has understood it on any device. */

import { Button, Note } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useApp, useDocs } from "../../app/hooks";
import { href } from "../../app/router";
import { texts } from "./texts";

interface NoticeDoc {
  uid: string;
  code: string;
  data: Record<string, unknown>;
  at: string;
}

export function Notices() {
  const notices = useDocs<NoticeDoc>("notice").map(([, doc]) => doc);
  return (
    <>
      {notices.map((notice) => (
        <Notice key={notice.uid} notice={notice} />
      ))}
    </>
  );
}

const SENTENCES = ["brought_back", "draft_submitted", "parked"] as const;

function Notice({ notice }: { notice: NoticeDoc }) {
  const t = useTexts(texts);
  const app = useApp();
  const code = SENTENCES.find((each) => each === notice.code) ?? "other";
  const { order } = notice.data;
  const path =
    typeof order === "string" ? `/orders/${order}` : "draft" in notice.data ? "/order/basket" : null;
  return (
    <Note kind="warn">
      <p>{t[code]}</p>
      <div class="form-row">
        {path && <a href={href(path)}>{t.basket}</a>}
        <Button kind="quiet" onClick={() => void app.mutate("notice.dismiss", { notice: notice.uid })}>
          {t.dismiss}
        </Button>
      </div>
    </Note>
  );
}
