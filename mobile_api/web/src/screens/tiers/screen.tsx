/** Tiers: where I am, what each brings, and the program's own words. */

import { date, points } from "@ui/format";
import { Card, Icon, Meter, Row, Rows } from "@ui/parts";
import { both, useTexts, words } from "@ui/texts";
import { useDoc, useProgram } from "../../app/hooks";
import { Screen } from "../../app/screen";
import type { TierDoc } from "../../app/wire";

const texts = both({
  en: {
    title: "Tiers",
    here: "You are here",
    from: (amount: string) => `from ${amount}`,
    start: "from the start",
    until: (day: string) => `kept until ${day}`,
    count: (amount: string) => `${amount} count towards your tier`,
    more: "The whole program in plain words",
    moreText: "How to earn, what rewards cost, when points end, what changes next",
  },
  fr: {
    title: "Niveaux",
    here: "Vous êtes ici",
    from: (amount: string) => `à partir de ${amount}`,
    start: "dès le début",
    until: (day: string) => `conservé jusqu’au ${day}`,
    count: (amount: string) => `${amount} comptent pour votre niveau`,
    more: "Tout le programme en clair",
    moreText: "Comment gagner, ce que coûtent les cadeaux, quand les points expirent, ce qui change bientôt",
  },
});

export default function Tiers() {
  const t = useTexts(texts);
  const program = useProgram();
  const mine = useDoc<TierDoc>("tier");
  const name = program?.points.name;
  const done = mine?.tier_points_milli ?? 0;
  return (
    <Screen title={t.title} up="/rewards">
      <p>{t.count(points(done, name))}</p>
      {program?.tiers.map((tier) => (
        <Card key={tier.key} kind={tier.key === mine?.tier ? "hero" : "soft"}>
          <h2 class="first line">
            <span>
              <Icon name="trophy" size={20} /> {words(tier.name)}
            </span>
            {tier.key === mine?.tier && <span class="badge">{t.here}</span>}
          </h2>
          <p>{tier.points_milli ? t.from(points(tier.points_milli, name)) : t.start}</p>
          {tier.points_milli > done && (
            <Meter value={done} most={tier.points_milli} label={t.from(points(tier.points_milli, name))} />
          )}
          <p>{words(tier.text)}</p>
          {tier.key === mine?.tier && mine.until && <p>{t.until(date(mine.until))}</p>}
        </Card>
      ))}
      <Rows label={t.more}>
        <Row icon="info" title={t.more} detail={t.moreText} href="/program" />
      </Rows>
    </Screen>
  );
}
