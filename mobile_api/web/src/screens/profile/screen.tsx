/** Profile: names, birthday, and the addresses that sign in. */

import { date } from "@ui/format";
import { Button, Card, Field, Row, Rows } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { say } from "@ui/toasts";
import { useState } from "preact/hooks";
import { useApp, useDoc } from "../../app/hooks";
import { Screen } from "../../app/screen";
import type { Profile as ProfileDoc } from "../../app/wire";
import { Contacts } from "./contacts";
import { texts } from "./texts";

const NAME_MAX = 100;
const LONGEST_LIFE_YEARS = 150;

export default function Profile() {
  const t = useTexts(texts);
  const profile = useDoc<ProfileDoc>("profile");
  return (
    <Screen title={t.title} up="/me">
      <Names />
      <Birthday />
      <Contacts />
      {profile && (
        <Rows label={t.card}>
          <Row icon="credit-card" title={profile.card_number} detail={t.cardText} />
        </Rows>
      )}
    </Screen>
  );
}

type Names = Pick<ProfileDoc, "given_name" | "family_name">;

function Names() {
  const t = useTexts(texts);
  const app = useApp();
  const profile = useDoc<ProfileDoc>("profile");
  // Only what is being typed is kept here: what another device writes meanwhile shows through.
  const [typed, setTyped] = useState<Partial<Names>>({});
  const changed = (Object.keys(typed) as (keyof Names)[]).filter(
    (field) => typed[field]?.trim() !== (profile?.[field] ?? ""),
  );
  const save = async () => {
    await app.mutateAll(
      changed.map((field) => ({ name: "profile.set", args: { field, value: typed[field]?.trim() ?? "" } })),
    );
    setTyped({});
    say({ text: t.saved, kind: "good" });
  };
  const field = (name: keyof Names) => ({
    value: typed[name] ?? profile?.[name] ?? "",
    maxLength: NAME_MAX,
    onInput: (value: string) => setTyped({ ...typed, [name]: value }),
  });
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (changed.length) void save();
        }}
      >
        <h2 class="first">{t.about}</h2>
        <Field label={t.given} hint={t.givenHint} autoComplete="given-name" {...field("given_name")} />
        <Field label={t.family} autoComplete="family-name" {...field("family_name")} />
        <Button kind="primary" type="submit" disabled={changed.length === 0}>
          {t.save}
        </Button>
      </form>
    </Card>
  );
}

function isPossible(day: string): boolean {
  const time = Date.parse(day);
  const years = (Date.now() - time) / (365.25 * 86_400_000);
  return !Number.isNaN(time) && years >= 0 && years < LONGEST_LIFE_YEARS;
}

function Birthday() {
  const t = useTexts(texts);
  const app = useApp();
  const known = useDoc<ProfileDoc>("profile")?.birthday ?? null;
  const [day, setDay] = useState("");
  if (known !== null) {
    return (
      <Rows label={t.birthday}>
        <Row
          icon="cake"
          title={date(`${known}T12:00:00Z`, "date", "UTC")}
          detail={`${t.birthday}. ${t.birthdayFixed}`}
        />
      </Rows>
    );
  }
  const save = () => {
    void app.mutate("profile.set", { field: "birthday", value: day });
    say({ text: t.saved, kind: "good" });
  };
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isPossible(day)) save();
        }}
      >
        <Field
          label={t.birthday}
          hint={t.birthdayHint}
          error={day !== "" && !isPossible(day) ? t.birthdayWrong : null}
          type="date"
          autoComplete="bday"
          value={day}
          onInput={setDay}
        />
        <Button type="submit" disabled={!isPossible(day)}>
          {t.birthdaySave}
        </Button>
      </form>
    </Card>
  );
}
