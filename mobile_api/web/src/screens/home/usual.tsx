/** The usual: one tap puts it into the basket. */

import { Button, Card, Icon } from "@ui/parts";
import { useTexts, words } from "@ui/texts";
import { useApp, useCatalog, useDocs } from "../../app/hooks";
import { putIntoBasket } from "../../app/orders";
import { go } from "../../app/router";
import type { Usual as UsualDoc } from "../../app/wire";
import { texts } from "./texts";

export function Usual() {
  const t = useTexts(texts);
  const app = useApp();
  const catalog = useCatalog();
  const docs = useDocs<UsualDoc>("usual").map(([, doc]) => doc);
  const usual = docs.find((doc) => !doc.hidden && doc.items.length > 0);
  if (usual === undefined || catalog === null) return null;
  const names = usual.items.map((item) => {
    const options = item.options.map((key) => words(catalog.option(key)?.name)).filter(Boolean);
    const name = words(catalog.product(item.sku)?.name) || item.sku;
    return { name: item.quantity > 1 ? `${item.quantity} × ${name}` : name, options: options.join(", ") };
  });
  const order = async () => {
    await putIntoBasket(app, usual.items);
    go("/order/basket");
  };
  return (
    <Card kind="soft">
      <div class="usual">
        <Icon name="coffee" size={32} />
        <div>
          <h2 class="first">{t.usual}</h2>
          {names.map((each) => (
            <p key={each.name}>
              {each.name} {each.options && <span class="quiet-text">{each.options}</span>}
            </p>
          ))}
        </div>
        <Button kind="primary" onClick={() => void order()}>
          {t.orderUsual}
        </Button>
      </div>
    </Card>
  );
}
