/** Milk, sweetness and the rest: one line each, changed in a sheet. */

import { Button, Choice, Field, Row, Rows, Sheet } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useState } from "preact/hooks";
import { useApp, useAppState, useDocs } from "../../app/hooks";
import type { OptionGroup } from "../../app/wire";
import { DRINKS, type Known, type PreferenceDoc, STORE } from "./names";
import { texts } from "./texts";

type Table = typeof texts.en;

/** A preference as it is shown: its name, and what can be chosen (null: anything can be written). */
interface Shown {
  name: string;
  label: string;
  values: { value: string; label: string }[] | null;
}

function shown(known: Known, group: OptionGroup | undefined, t: Table): Shown {
  const own = known.values?.map((value) => ({ value, label: t.values[value] ?? value }));
  const values = group?.options.map((each) => ({ value: each.key, label: words(each.name) || each.key }));
  return {
    name: known.name,
    label: t.names[known.name] ?? (words(group?.name) || known.name),
    values: values ?? own ?? null,
  };
}

export function Drinks() {
  const t = useTexts(texts);
  const { catalog } = useAppState();
  const docs = new Map(useDocs<PreferenceDoc>("preference").map(([, doc]) => [doc.name, doc.value]));
  const [open, setOpen] = useState<string | null>(null);
  const groupOf = (key: string) => catalog?.option_groups.find((each) => each.key === key);
  const names = new Set(DRINKS.map((each) => each.name));
  // What another program or an older app has said is shown too: it can be changed or cleared.
  const others = [...docs.keys()].filter((name) => name !== STORE && !names.has(name));
  const all = [
    ...DRINKS.map((each) => shown(each, each.group ? groupOf(each.group) : undefined, t)),
    ...others.map((name) => shown({ name }, groupOf(name), t)),
  ];
  const opened = all.find((each) => each.name === open);
  const told = (each: Shown) => {
    const value = docs.get(each.name);
    if (value === undefined) return <span class="quiet-text">{t.any}</span>;
    return each.values?.find((one) => one.value === value)?.label ?? value;
  };
  return (
    <>
      <h2>{t.drinks}</h2>
      <Rows label={t.drinks}>
        {all.map((each) => (
          <Row key={each.name} title={each.label} end={told(each)} onClick={() => setOpen(each.name)} />
        ))}
      </Rows>
      {opened && (
        <Edit preference={opened} value={docs.get(opened.name) ?? ""} onClose={() => setOpen(null)} />
      )}
    </>
  );
}

function Edit({ preference, value, onClose }: { preference: Shown; value: string; onClose: () => void }) {
  const t = useTexts(texts);
  const app = useApp();
  const [typed, setTyped] = useState(value);
  const { name, label, values } = preference;
  const set = (next: string) =>
    next.trim() === ""
      ? app.mutate("preference.clear", { name })
      : app.mutate("preference.set", { name, value: next.trim() });
  const write = (next: string) => {
    void set(next);
    onClose();
  };
  if (values === null) {
    return (
      <Sheet title={label} onClose={onClose}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            write(typed);
          }}
        >
          <Field label={label} value={typed} maxLength={40} autoComplete="off" onInput={setTyped} />
          <Button kind="primary" type="submit" wide>
            {t.save}
          </Button>
          <Button kind="quiet" wide onClick={() => write("")}>
            {t.clear}
          </Button>
        </form>
      </Sheet>
    );
  }
  return (
    <Sheet title={label} onClose={onClose}>
      {/* It stays open: who goes through the list by arrow keys chooses at every step. */}
      <Choice label={label} value={value} options={[{ value: "", label: t.any }, ...values]} onChange={set} />
      <Button kind="primary" wide onClick={onClose}>
        {t.done}
      </Button>
    </Sheet>
  );
}
