/** Every yes and no, the newest first, with the wording it was said to. */

import { date } from "@ui/format";
import { Button, Empty, Note, Row, Rows, Skeleton } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useAnswer } from "../../app/hooks";
import { sentence } from "../../app/refusals";
import { Screen } from "../../app/screen";
import { texts } from "./texts";

interface Act {
  number: number;
  purpose: string;
  channel: string;
  given: boolean;
  effective: boolean;
  text_version: string;
  acted_at: string;
  actor_channel: string;
}

export default function History() {
  const t = useTexts(texts);
  const { answer, again } = useAnswer<{ acts: Act[] }>("/consents/history");
  const acts = answer?.ok ? [...answer.data.acts].reverse() : [];
  return (
    <Screen title={t.history} up="/me/privacy">
      {answer === null && <Skeleton label={t.history} />}
      {answer !== null && !answer.ok && (
        <>
          <Note kind="warn">
            {answer.problem.code === "offline" ? t.historyOffline : sentence(answer.problem)}
          </Note>
          <div>
            <Button onClick={again}>{t.again}</Button>
          </div>
        </>
      )}
      {answer?.ok && acts.length === 0 && <Empty icon="shield" title={t.historyEmpty} />}
      {acts.length > 0 && (
        <Rows label={t.history}>
          {acts.map((act) => (
            <Line key={act.number} act={act} />
          ))}
        </Rows>
      )}
    </Screen>
  );
}

function Line({ act }: { act: Act }) {
  const t = useTexts(texts);
  const channel = act.channel === "till" ? t.till : (t.channels[act.channel] ?? act.channel);
  const told = [
    date(act.acted_at, "moment"),
    t.by[act.actor_channel] ?? act.actor_channel,
    t.wording(act.text_version),
    ...(act.effective ? [] : [t.void]),
  ];
  return (
    <Row
      icon={act.given ? "check" : "x"}
      title={`${act.given ? t.gave : t.withdrew}: ${t.purposes[act.purpose]?.name ?? act.purpose}, ${channel}`}
      detail={told.join(" · ")}
    />
  );
}
