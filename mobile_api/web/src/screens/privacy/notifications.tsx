/** Notifications: on this device, and what may be written at all. */

import { Card, Note, Row, Rows, Switch } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useEffect, useState } from "preact/hooks";
import { useAppState } from "../../app/hooks";
import { type PushState, pushState, turnPushOff, turnPushOn } from "../../app/push";
import { sentence } from "../../app/refusals";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import { Purpose } from "./consents";
import { texts } from "./texts";

const SENT = ["inbox", "push", "email", "sms"] as const;
const PURPOSES = ["service", "marketing", "insights"] as const;

export default function Notifications() {
  const t = useTexts(texts);
  return (
    <Screen title={t.notifications} up="/me">
      <ThisDevice />
      <h2>{t.allowed}</h2>
      <p class="quiet-text">{t.allowedText}</p>
      {PURPOSES.map((purpose) => (
        <Purpose key={purpose} purpose={purpose} channels={SENT} />
      ))}
      <Rows label={t.history}>
        <Row icon="clock" title={t.history} detail={t.historyRow} href={href("/me/consents")} />
      </Rows>
    </Screen>
  );
}

/** Permission is asked for only when somebody has tapped: who is asked out of the blue says no for ever. */
function ThisDevice() {
  const t = useTexts(texts);
  const app = useAppState();
  const [state, setState] = useState<PushState | null>(null);
  const [wanted, setWanted] = useState<boolean | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => void pushState().then(setState), []);
  const turn = async (on: boolean) => {
    setWanted(on);
    setProblem(null);
    const answer = await (on ? turnPushOn(app.api) : turnPushOff(app.api));
    const next = await pushState();
    setState(next);
    setWanted(null);
    if (answer === null && next !== "denied") setProblem(t.failed);
    else if (answer !== null && !answer.ok) setProblem(sentence(answer.problem));
  };
  return (
    <Card>
      <h2 class="first">{t.onDevice}</h2>
      <Switch
        label={t.push}
        detail={t.pushText}
        checked={wanted ?? state === "on"}
        disabled={wanted !== null || state === null || !app.health.online || !["on", "off"].includes(state)}
        onChange={(on) => void turn(on)}
      />
      {state === "denied" && <Note kind="warn">{t.denied}</Note>}
      {state === "unsupported" && <Note>{t.unsupported}</Note>}
      {state !== "unsupported" && !app.health.online && <Note kind="warn">{t.offline}</Note>}
      {problem && <Note kind="bad">{problem}</Note>}
    </Card>
  );
}
