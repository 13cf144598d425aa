/** Drinks as I like them: all of it at once, without a network too, and on every device. */

import { Card, Choice } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useApp, useCatalog, useDoc } from "../../app/hooks";
import { Screen } from "../../app/screen";
import { Dietary } from "./dietary";
import { Drinks } from "./drinks";
import { Favorites } from "./favorites";
import { type PreferenceDoc, STORE } from "./names";
import { texts } from "./texts";
import { Usuals } from "./usual";

export default function Taste() {
  const t = useTexts(texts);
  return (
    <Screen title={t.title} up="/me">
      <p class="quiet-text">{t.lead}</p>
      <Drinks />
      <Usuals />
      <Favorites />
      <Dietary />
      <Store />
    </Screen>
  );
}

const ANY = "";

function Store() {
  const t = useTexts(texts);
  const app = useApp();
  const catalog = useCatalog();
  const value = useDoc<PreferenceDoc>(`preference/${STORE}`)?.value ?? ANY;
  if (!catalog?.stores.length) return null;
  return (
    <>
      <h2>{t.store}</h2>
      <Card>
        <Choice
          label={t.storeText}
          value={value}
          options={[
            { value: ANY, label: t.any },
            ...catalog.stores.map((each) => ({ value: each.key, label: words(each.name) })),
          ]}
          onChange={(next) =>
            next === ANY
              ? app.mutate("preference.clear", { name: STORE })
              : app.mutate("preference.set", { name: STORE, value: next })
          }
        />
      </Card>
    </>
  );
}
