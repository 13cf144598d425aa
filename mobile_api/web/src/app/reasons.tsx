/** Why a sale brought what it brought, a sentence each. */

import { both, useTexts } from "@ui/texts";

const texts = both({ en: { why: "Why?" }, fr: { why: "Pourquoi ?" } });

export interface Effect {
  kind: string;
  key: string;
  text: string;
}

export const isSaid = (effect: Effect): boolean => effect.text !== "";

export function Reasons({ effects }: { effects: readonly Effect[] }) {
  const t = useTexts(texts);
  const said = effects.filter(isSaid);
  if (!said.length) return null;
  return (
    <>
      <h2>{t.why}</h2>
      <ul class="reasons">
        {said.map((each) => (
          <li key={`${each.kind}/${each.key}`}>{each.text}</li>
        ))}
      </ul>
    </>
  );
}
