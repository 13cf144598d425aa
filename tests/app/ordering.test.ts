/** What can be decided about an order on the device: choices, prices, hours, what is different. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { begun, completed, flawsOf, type Menu, unitPrice } from "@app/app/menu";
import { hoursOf, ordered } from "@app/app/opening";
import type { Option, OptionGroup, Product, StorePlace } from "@app/app/wire";
import { differences } from "@app/screens/order/differences";

const option = (key: string, price_minor = 0): Option => ({ key, name: key, price_minor });
const groups: OptionGroup[] = [
  { key: "size", name: "Size", min: 1, max: 1, options: [option("small"), option("large", 120)] },
  { key: "milk", name: "Milk", max: 1, options: [option("whole"), option("oat", 60)] },
  { key: "size-cold", name: "Cup", min: 1, max: 1, options: [option("regular"), option("tall", 50)] },
  {
    key: "syrup",
    name: "Syrups",
    max: 2,
    options: [option("vanilla", 60), option("mint", 60), option("nut", 60)],
  },
];
const latte: Product = {
  sku: "latte",
  name: "Latte",
  category: "bar",
  price_minor: 430,
  option_groups: ["size", "milk", "syrup"],
};
const iced: Product = { ...latte, sku: "iced", option_groups: ["size-cold"] };
const wine: Product = { ...latte, sku: "wine", open_price: true };
const cafe: StorePlace = {
  key: "harbor",
  name: "Harbor",
  timezone: "America/New_York",
  order_ahead: {
    lead_minutes: 8,
    hours: {
      mon: [
        ["07:00", "11:00"],
        ["12:00", "17:00"],
      ],
      tue: [["06:30", "19:00"]],
    },
    closed_days: ["2026-11-24"],
    not_skus: ["iced"],
  },
};
const products = [latte, iced, wine];
const options = new Map(groups.flatMap((group) => group.options).map((each) => [each.key, each]));
const menu: Menu = {
  categories: [],
  products,
  stores: [cafe],
  product: (sku) => products.find((each) => each.sku === sku),
  groups: (product) =>
    (product.option_groups ?? []).flatMap((key) => groups.find((each) => each.key === key) ?? []),
  option: (key) => {
    const found = options.get(key);
    return found && { ...found, price_minor: found.price_minor ?? 0 };
  },
  store: () => cafe,
  place: null,
  price: (product) => product.price_minor,
};
const nothing = () => null;
const reasons = (sku: string, chosen: string[], at: Menu = menu) =>
  flawsOf(at, { id: "l", sku, options: chosen }).map((each) => [each.reason, each.group ?? each.option]);

describe("a line can be ordered", () => {
  test("when every group has as many as it wants", () => {
    assert.deepEqual(reasons("latte", ["small"]), []);
    assert.deepEqual(reasons("latte", ["small", "oat", "vanilla", "mint"]), []);
  });
  test("and not with too few, too many or strange options", () => {
    assert.deepEqual(reasons("latte", []), [["too_few", "size"]]);
    assert.deepEqual(reasons("latte", ["small", "large"]), [["too_many", "size"]]);
    assert.deepEqual(reasons("latte", ["small", "vanilla", "mint", "nut"]), [["too_many", "syrup"]]);
    assert.deepEqual(reasons("latte", ["small", "tall"]), [["option", "tall"]]);
  });
  test("and not where it is not sold, not ahead, or at a price that only the till knows", () => {
    assert.deepEqual(reasons("gone", []), [["product", null]]);
    assert.deepEqual(reasons("wine", []), [["product", null]]);
    assert.deepEqual(reasons("iced", ["tall"]), []);
    assert.deepEqual(reasons("iced", ["tall"], { ...menu, place: cafe }), [["product", null]]);
  });
});

test("a product begins with what must be chosen and what is liked", () => {
  assert.deepEqual(begun(menu, latte, nothing), ["small"]);
  const likes = (name: string) => ({ milk: "oat", size: "large", size_cold: "tall" })[name] ?? null;
  assert.deepEqual(begun(menu, latte, likes).sort(), ["large", "oat"]);
  assert.deepEqual(begun(menu, iced, likes), ["tall"]);
  assert.deepEqual(completed(menu, { sku: "latte", options: ["oat"] }, nothing), ["oat", "small"]);
  assert.equal(unitPrice(menu, { sku: "latte", options: ["large", "oat"] }), 610);
});

describe("the hours of a store are those of its own clock", () => {
  const at = (moment: string) => hoursOf(cafe, Date.parse(moment));
  test("between two spans it is closed until the next", () => {
    assert.equal(at("2026-11-23T12:00:00Z")?.isOpen, true);
    assert.deepEqual(at("2026-11-23T16:30:00Z"), {
      isOpen: false,
      today: cafe.order_ahead?.hours.mon,
      opens: { at: "12:00", isToday: true },
    });
  });
  test("tomorrow counts unless it is a closed day", () => {
    assert.equal(at("2026-11-23T23:00:00Z")?.opens, null);
    assert.deepEqual(at("2026-11-30T23:00:00Z")?.opens, { at: "06:30", isToday: false });
  });
  test("a store without order-ahead has none", () => {
    const { order_ahead: _none, ...station } = cafe;
    assert.equal(hoursOf(station, 0), null);
    assert.deepEqual(ordered([{ ...station, key: "station" }, cafe], undefined)[0], cafe);
    assert.equal(ordered([cafe, { ...station, key: "station" }], "station")[0]?.key, "station");
  });
});

test("what changed in a basket is named line by line", () => {
  const line = { id: "a", sku: "latte", options: ["small", "oat"], quantity: 1, note: "" };
  const same = { ...line, options: ["oat", "small"] };
  assert.deepEqual(differences([line], [same]), []);
  const more = { ...line, quantity: 2 };
  const other = { ...line, id: "b" };
  assert.deepEqual(differences([line, other], [more, { ...line, id: "c" }]), [
    { kind: "removed", line: other },
    { kind: "altered", from: line, to: more },
    { kind: "added", line: { ...line, id: "c" } },
  ]);
});
