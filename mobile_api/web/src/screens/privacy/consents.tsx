/** One purpose and what is allowed for it, way by way. Given and withdrawn at once, also without a network. */

import { Card, Switch } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useApp, useDoc } from "../../app/hooks";
import { TEXT_VERSION, texts } from "./texts";

export interface ConsentDoc {
  purpose: string;
  channels: Record<string, { allowed: boolean; at: string | null; text_version: string | null }>;
}

/** Return how to allow or stop a purpose on a channel. */
function useAsk(purpose: string): (channel: string, allowed: boolean) => Promise<string> {
  const app = useApp();
  return (channel, allowed) =>
    app.mutate(allowed ? "consent.give" : "consent.withdraw", {
      purpose,
      channel,
      text_version: TEXT_VERSION,
    });
}

export const useConsent = (purpose: string): ConsentDoc | undefined =>
  useDoc<ConsentDoc>(`consent/${purpose}`);

/** A purpose with several channels. */
export function Purpose({ purpose, channels }: { purpose: string; channels: readonly string[] }) {
  const t = useTexts(texts);
  const doc = useConsent(purpose);
  const ask = useAsk(purpose);
  const about = t.purposes[purpose];
  return (
    <Card>
      <fieldset class="plain">
        <legend>
          <strong>{about?.name}</strong>
        </legend>
        <p class="quiet-text">{about?.text}</p>
        <div class="channels">
          {channels.map((channel) => (
            <Switch
              key={channel}
              label={t.channels[channel] ?? channel}
              checked={doc?.channels[channel]?.allowed ?? false}
              onChange={(allowed) => ask(channel, allowed)}
            />
          ))}
        </div>
      </fieldset>
    </Card>
  );
}

/** A purpose with one channel: the till. */
export function AtTill({ purpose }: { purpose: string }) {
  const t = useTexts(texts);
  const doc = useConsent(purpose);
  const ask = useAsk(purpose);
  const about = t.purposes[purpose];
  return (
    <Switch
      label={about?.name ?? purpose}
      detail={about?.text ?? ""}
      checked={doc?.channels.till?.allowed ?? false}
      onChange={(allowed) => ask("till", allowed)}
    />
  );
}
