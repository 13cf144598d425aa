/** Signing out: what is not saved yet is saved first, and nobody loses anything without having said so. */

import { Button, Note, Sheet } from "@ui/parts";
import { useTexts } from "@ui/texts";
import { useState } from "preact/hooks";
import { useApp } from "../../app/hooks";
import { texts } from "./texts";

export function SignOut({ onClose }: { onClose: () => void }) {
  const t = useTexts(texts);
  const app = useApp();
  const [busy, setBusy] = useState(false);
  const [unsaved, setUnsaved] = useState(0);
  const leave = async (lose: boolean) => {
    setBusy(true);
    const left = await app.signOut({ lose });
    setUnsaved(left);
    setBusy(left === 0);
  };
  return (
    <Sheet title={t.leaving} onClose={onClose}>
      <div class="stack">
        {unsaved > 0 ? (
          <Note kind="warn">
            <p>
              <strong>{t.unsaved(unsaved)}</strong> {t.unsavedText}
            </p>
          </Note>
        ) : (
          <p>{t.leavingText}</p>
        )}
        <Button kind="primary" wide busy={busy} onClick={() => void leave(false)}>
          {unsaved > 0 ? t.again : t.signOut}
        </Button>
        {unsaved > 0 && (
          <Button kind="danger" wide disabled={busy} onClick={() => void leave(true)}>
            {t.lose}
          </Button>
        )}
        <Button kind="quiet" wide onClick={onClose}>
          {t.stay}
        </Button>
      </div>
    </Sheet>
  );
}
