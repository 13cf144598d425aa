/** What the till may see: always, never, and if the member allows it; shown as a cashier would see it now. */

import { points } from "@ui/format";
import { Card, Icon, Row, Rows } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useCatalog, useDoc, useDocs, useProgram } from "../../app/hooks";
import { href } from "../../app/router";
import { Screen } from "../../app/screen";
import type { Balance, Profile, Usual } from "../../app/wire";
import type { DietaryDoc, PreferenceDoc } from "../taste/names";
import { texts as taste } from "../taste/texts";
import { itemsText } from "../taste/usual";
import { AtTill, useConsent } from "./consents";
import { texts } from "./texts";

/** No cashier needs these to make a drink; see loyalty/preferences/names.py. */
const NOT_AT_TILL = ["store", "receipt"];

export default function Privacy() {
  const t = useTexts(texts);
  return (
    <Screen title={t.privacy} up="/me">
      <Card>
        <h2 class="first">{t.choose}</h2>
        <AtTill purpose="usual_at_till" />
        <AtTill purpose="dietary_at_till" />
      </Card>
      <Preview />
      <Rows>
        <Row icon="check" title={t.always} detail={t.alwaysText} />
        <Row icon="x" title={t.never} detail={t.neverText} />
      </Rows>
      <Rows label={t.history}>
        <Row icon="clock" title={t.history} detail={t.historyRow} href={href("/me/consents")} />
      </Rows>
    </Screen>
  );
}

function Preview() {
  const t = useTexts(texts);
  const name = useDoc<Profile>("profile")?.given_name ?? "";
  const balance = useDoc<Balance>("balance");
  const program = useProgram();
  const lines = [...useUsual(), ...useDietary()];
  return (
    <Card kind="soft">
      <h2 class="first">{t.preview}</h2>
      <ul class="reasons" data-testid="till-sees">
        <li>{t.hello(name)}</li>
        <li>{t.points(points(balance?.points_milli ?? 0, program?.points.name))}</li>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
        {lines.length === 0 && (
          <li>
            <Icon name="shield" size={18} /> {t.nothing}
          </li>
        )}
      </ul>
    </Card>
  );
}

function useUsual(): string[] {
  const t = useTexts(texts);
  const own = useTexts(taste);
  const catalog = useCatalog();
  const isAllowed = useConsent("usual_at_till")?.channels.till?.allowed;
  const usual = useDocs<Usual>("usual").find(([, doc]) => !doc.hidden && doc.items.length)?.[1];
  const takes = useDocs<PreferenceDoc>("preference")
    .map(([, doc]) => doc)
    .filter((doc) => !NOT_AT_TILL.includes(doc.name))
    .map((doc) => words(catalog?.option(doc.value)?.name) || own.values[doc.value] || doc.value);
  const favorites = useDocs("favorite").length;
  if (!isAllowed) return [];
  return [
    ...(usual ? [t.usual(itemsText(usual.items, catalog))] : []),
    ...(takes.length ? [t.takes(takes.join(", "))] : []),
    ...(favorites ? [t.favorites(favorites)] : []),
  ];
}

function useDietary(): string[] {
  const t = useTexts(texts);
  const own = useTexts(taste);
  const tags = useDocs<DietaryDoc>("dietary").map(([, doc]) => own.tags[doc.tag] ?? doc.tag);
  const isAllowed = useConsent("dietary_at_till")?.channels.till?.allowed;
  return isAllowed && tags.length ? [t.dietary(tags.join(", "))] : [];
}
