/** Favorites: found again, taken away with a way back. */

import { Button, Empty, Field, Row, Rows, Sheet } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useApp, useCatalog, useDocs } from "../../app/hooks";
import type { FavoriteDoc } from "./names";
import { texts } from "./texts";

export function Favorites() {
  const t = useTexts(texts);
  const app = useApp();
  const catalog = useCatalog();
  const [isAdding, setAdding] = useState(false);
  const skus = useDocs<FavoriteDoc>("favorite").map(([, doc]) => doc.sku);
  const nameOf = (sku: string) => words(catalog?.product(sku)?.name) || sku;
  const remove = (sku: string) => {
    void app.mutate("favorite.remove", { sku });
    const undo = () => void app.mutate("favorite.add", { sku });
    say({ text: t.removed(nameOf(sku)), action: { label: t.undo, run: undo } });
  };
  return (
    <>
      <h2>{t.favorites}</h2>
      {skus.length === 0 ? (
        <Empty icon="heart" title={t.noFavorites} text={t.noFavoritesText} />
      ) : (
        <Rows label={t.favorites}>
          {skus.map((sku) => (
            <Row
              key={sku}
              icon="heart"
              title={nameOf(sku)}
              end={<Button kind="quiet" icon="x" label={t.remove(nameOf(sku))} onClick={() => remove(sku)} />}
            />
          ))}
        </Rows>
      )}
      <div>
        <Button icon="plus" onClick={() => setAdding(true)}>
          {t.add}
        </Button>
      </div>
      {isAdding && <Add known={skus} onClose={() => setAdding(false)} />}
    </>
  );
}

function Add({ known, onClose }: { known: string[]; onClose: () => void }) {
  const t = useTexts(texts);
  const app = useApp();
  const catalog = useCatalog();
  const [typed, setTyped] = useState("");
  const wanted = typed.trim().toLocaleLowerCase();
  const found = (catalog?.products ?? [])
    .filter((each) => !known.includes(each.sku) && words(each.name).toLocaleLowerCase().includes(wanted))
    .sort((one, two) => words(one.name).localeCompare(words(two.name)));
  return (
    <Sheet title={t.add} onClose={onClose}>
      <Field label={t.search} type="search" value={typed} onInput={setTyped} />
      {catalog === null && <p>{t.noCatalog}</p>}
      {catalog !== null && found.length === 0 && <p>{t.nothing}</p>}
      {found.length > 0 && (
        <Rows label={t.favorites}>
          {found.map((each) => (
            <Row
              key={each.sku}
              title={words(each.name)}
              onClick={() => {
                void app.mutate("favorite.add", { sku: each.sku });
                onClose();
              }}
            />
          ))}
        </Rows>
      )}
    </Sheet>
  );
}
