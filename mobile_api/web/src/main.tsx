/** The customers' app. */

import "../../../loyalty/web/static/tokens.css";
import "../../../loyalty/web/static/parts.css";
import "./app/app.css";
import "./screens/order/basket.css";
import "./screens/order/order.css";
import "./screens/orders/orders.css";
import "./screens/me/me.css";
import "../../../loyalty/web/ui/scanner.css";
import "./screens/rewards/rewards.css";
import "./screens/receipts/receipts.css";
import "./screens/wallet/wallet.css";
import "./screens/statement/statement.css";
import { render } from "preact";
import { App } from "./app/app";
import { register } from "./app/install";
import { NoStart } from "./app/no_start";
import { Root } from "./app/root";

const start = async () => {
  const shown = await App.start().then(
    (app) => <Root app={app} />,
    (error: unknown) => <NoStart error={error} />,
  );
  render(shown, document.getElementById("app") as HTMLElement);
  await register();
};

void start();
