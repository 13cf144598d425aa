/** Dietary notes: a tap each. */

import { Card, Check } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useApp, useDocs } from "../../app/hooks";
import { DIETARY, type DietaryDoc } from "./names";
import { texts } from "./texts";

export function Dietary() {
  const t = useTexts(texts);
  const app = useApp();
  const noted = useDocs<DietaryDoc>("dietary").map(([, doc]) => doc.tag);
  const known: readonly string[] = DIETARY;
  const all = [...known, ...noted.filter((tag) => !known.includes(tag))];
  return (
    <>
      <h2>{t.dietary}</h2>
      <Card>
        <p class="quiet-text">{t.dietaryText}</p>
        <fieldset class="tags">
          <legend class="hidden">{t.dietary}</legend>
          {all.map((tag) => (
            <Check
              key={tag}
              label={t.tags[tag] ?? tag}
              checked={noted.includes(tag)}
              onChange={(is) => app.mutate(is ? "dietary.add" : "dietary.remove", { tag })}
            />
          ))}
        </fieldset>
      </Card>
    </>
  );
}
