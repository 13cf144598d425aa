/** The choices of a product: one, some or none of each group, and a sentence where it is too few or too many. */

import { money } from "@ui/format";
import { useTexts, words } from "@ui/texts";
import { useId, useState } from "preact/hooks";
import { useApp, useProgram } from "../../app/hooks";
import { chosenOf, least, likedOf, type Menu, most } from "../../app/menu";
import { likesOf } from "../../app/orders";
import type { Option, OptionGroup, Product } from "../../app/wire";
import { texts } from "./texts";

/** So many groups are open from the start, beside those in which something must be or is chosen. */
const OPEN = 3;

interface OptionsProps {
  menu: Menu;
  product: Product;
  chosen: string[];
  onChange: (chosen: string[]) => void;
  /** The person wanted to go on: what is missing is said. */
  isAsked: boolean;
}

export function Options({ menu, product, chosen, onChange, isAsked }: OptionsProps) {
  return (
    <>
      {menu.groups(product).map((group, place) => (
        <Group
          key={group.key}
          group={group}
          chosen={chosen}
          isOpen={place < OPEN || least(group) > 0 || chosenOf(group, chosen).length > 0}
          isAsked={isAsked}
          onChange={onChange}
        />
      ))}
    </>
  );
}

interface GroupProps {
  group: OptionGroup;
  chosen: string[];
  isOpen: boolean;
  isAsked: boolean;
  onChange: (chosen: string[]) => void;
}

function Group({ group, chosen, isOpen, isAsked, onChange }: GroupProps) {
  const t = useTexts(texts);
  const id = useId();
  const [wasOpen] = useState(isOpen);
  const [isTooMany, setTooMany] = useState(false);
  const mine = chosenOf(group, chosen);
  const name = words(group.name);
  const missing = least(group) - mine.length;
  const problem = isTooMany
    ? t.tooMany(most(group), name)
    : isAsked && missing > 0
      ? t.tooFew(missing, name)
      : mine.length > most(group)
        ? t.tooMany(most(group), name)
        : null;
  const pick = (key: string, isOn: boolean) => {
    const isSingle = most(group) === 1;
    const others = chosen.filter((each) => each !== key && !(isSingle && mine.includes(each)));
    const isFull = isOn && !isSingle && mine.length >= most(group);
    setTooMany(isFull);
    if (!isFull) onChange(isOn ? [...others, key] : others);
  };
  return (
    <details class="group" open={wasOpen}>
      <summary>
        <span class="group-name">{name}</span>
        <span class="quiet-text">{summary(group, mine) || howMany(group, t)}</span>
      </summary>
      <fieldset
        class="choice inline"
        aria-describedby={problem ? id : undefined}
        data-invalid={problem ? "true" : undefined}
      >
        <legend class="hidden">
          {name}. {howMany(group, t)}
        </legend>
        {group.options.map((option) => (
          <Pick
            key={option.key}
            group={group}
            option={option}
            isOn={mine.includes(option.key)}
            onPick={pick}
          />
        ))}
      </fieldset>
      {problem && (
        <p class="error" id={id} role="alert">
          {problem}
        </p>
      )}
    </details>
  );
}

interface PickProps {
  group: OptionGroup;
  option: Option;
  isOn: boolean;
  onPick: (key: string, isOn: boolean) => void;
}

function Pick({ group, option, isOn, onPick }: PickProps) {
  const t = useTexts(texts);
  const app = useApp();
  const currency = useProgram()?.currency ?? "USD";
  // What must be one of them is a radio button; all else can be taken off again.
  const isRadio = least(group) === 1 && most(group) === 1;
  const isLiked = likedOf(group, likesOf(app)) === option.key;
  return (
    <label class="option">
      <input
        type={isRadio ? "radio" : "checkbox"}
        name={`choice-${group.key}`}
        checked={isOn}
        onChange={(event) => {
          onPick(option.key, event.currentTarget.checked);
          // Refused: the box shows what is chosen, not what was tapped.
          event.currentTarget.checked = isOn;
        }}
      />
      <span class="option-text">{words(option.name)}</span>
      {isLiked && <span class="option-detail">{t.asYouLike}</span>}
      {option.price_minor ? (
        <span class="option-detail">{money(option.price_minor, currency, { sign: true })}</span>
      ) : null}
    </label>
  );
}

const summary = (group: OptionGroup, mine: readonly string[]): string =>
  group.options
    .filter((each) => mine.includes(each.key))
    .map((each) => words(each.name))
    .join(", ");

function howMany(group: OptionGroup, t: (typeof texts)["en"]): string {
  const [low, high] = [least(group), Math.min(most(group), group.options.length)];
  if (low === high) return low === 1 ? t.chooseOne : t.chooseLeast(low);
  if (low === 0) return t.chooseMost(high);
  return high === group.options.length ? t.chooseLeast(low) : t.chooseBetween(low, high);
}
