/** Which wallets the card can be put into here: nothing is shown of those that are not set up. */

import { useEffect, useState } from "preact/hooks";
import { useApp } from "../../app/hooks";

export interface Passes {
  apple: boolean;
  google: boolean;
}

export function usePasses(): Passes | null {
  const app = useApp();
  const [passes, setPasses] = useState<Passes | null>(null);
  useEffect(() => {
    let isOver = false;
    const take = (found: Passes | null) => isOver || setPasses(found);
    void app.api.cached<Passes>("/passes", take).then(take);
    return () => {
      isOver = true;
    };
  }, [app]);
  return passes;
}
