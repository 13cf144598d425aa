/** Where the member is signed in, and the passkeys that sign in. */

import { ago, date } from "@ui/format";
import { Button, Note, Row, Rows } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { useAnswer, useAppState, useDocs } from "../../app/hooks";
import { Screen } from "../../app/screen";
import { type DeviceDoc, DeviceSheet, OthersSheet } from "./device_sheet";
import { Passkeys } from "./passkeys";
import { texts } from "./texts";

export default function Devices() {
  const t = useTexts(texts);
  const { health } = useAppState();
  return (
    <Screen title={t.title} up="/me">
      {!health.online && <Note kind="warn">{t.offline}</Note>}
      <Where />
      <Passkeys />
    </Screen>
  );
}

/** When each device was last seen is not synchronized: it changes at every request. Without a network it is not shown. */
function useSeen(): Map<string, string> {
  const { answer } = useAnswer<{ devices: { id: string; last_seen_at: string }[] }>("/devices");
  return new Map(answer?.ok ? answer.data.devices.map((each) => [each.id, each.last_seen_at]) : []);
}

function Where() {
  const t = useTexts(texts);
  const app = useAppState();
  const seen = useSeen();
  const here = app.session?.device;
  const [chosen, setChosen] = useState<string | null>(null);
  const [isAll, setAll] = useState(false);
  const devices = useDocs<DeviceDoc>("device").map(([, doc]) => doc);
  devices.sort(
    (one, two) =>
      Number(two.id === here) - Number(one.id === here) || two.created_at.localeCompare(one.created_at),
  );
  const others = devices.filter((each) => each.id !== here);
  const opened = devices.find((each) => each.id === chosen);
  const told = (device: DeviceDoc) => {
    const last = seen.get(device.id);
    const when = last && device.id !== here ? t.seen(ago(last)) : t.since(date(device.created_at, "day"));
    return `${device.id === here ? `${t.here} · ` : ""}${t.platforms[device.platform]}, ${when}`;
  };
  return (
    <>
      <h2>{t.devices}</h2>
      <Rows label={t.devices}>
        {devices.map((each) => (
          <Row
            key={each.id}
            icon={each.platform === "app" ? "smartphone" : each.platform === "web" ? "house" : "store"}
            title={each.name}
            detail={told(each)}
            onClick={() => setChosen(each.id)}
          />
        ))}
      </Rows>
      {others.length > 0 && (
        <div>
          <Button kind="danger" icon="log-out" disabled={!app.health.online} onClick={() => setAll(true)}>
            {t.others}
          </Button>
        </div>
      )}
      {opened && <DeviceSheet device={opened} isHere={opened.id === here} onClose={() => setChosen(null)} />}
      {isAll && <OthersSheet devices={others} onClose={() => setAll(false)} />}
    </>
  );
}
