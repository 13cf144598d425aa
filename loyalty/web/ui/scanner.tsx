/** Read codes with the camera: the picture, the lamp, and a sentence for everything that can be in the way. */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Seeing, useCamera } from "./camera";
import { Button, Note } from "./parts";
import { type Format, readerOf } from "./reader";
import { both, useTexts } from "./texts";

const texts = both({
  en: {
    picture: "What the camera sees",
    opening: "Opening the camera…",
    look: "Hold the code in front of the camera.",
    denied: "This page may not use the camera. Allow it in your browser’s settings, then try again.",
    none: "There is no camera here.",
    taken: "The camera cannot be opened: something else uses it. Close that, then try again.",
    unread: "The reader could not be loaded. Try again when there is a connection.",
    again: "Try again",
    lightOn: "Light on",
    lightOff: "Light off",
  },
  fr: {
    picture: "Ce que voit la caméra",
    opening: "Ouverture de la caméra…",
    look: "Placez le code devant la caméra.",
    denied:
      "Cette page n’a pas accès à la caméra. Autorisez-la dans les réglages du navigateur, puis réessayez.",
    none: "Il n’y a pas de caméra ici.",
    taken: "La caméra ne s’ouvre pas : un autre programme l’utilise. Fermez-le, puis réessayez.",
    unread: "Le lecteur n’a pas pu être chargé. Réessayez avec une connexion.",
    again: "Réessayer",
    lightOn: "Allumer la lampe",
    lightOff: "Éteindre la lampe",
  },
});

const EVERY_MS = 120;
/** The same code again within this time is the same look at it. */
const SAME_MS = 2000;
const QR: Format[] = ["qr_code"];

interface ScannerProps {
  /** Called with the text of a code, once for each look at it. */
  onCode: (text: string) => void;
  /** Which codes are looked for; keep the list itself the same from call to call. */
  formats?: Format[];
}

export function Scanner({ onCode, formats = QR }: ScannerProps) {
  const t = useTexts(texts);
  const video = useRef<HTMLVideoElement>(null);
  const { seeing, light, again } = useCamera(video);
  const isUnread = useReading(video, seeing === "open", formats, onCode);
  const problem = isUnread ? "unread" : isBad(seeing) ? seeing : null;
  return (
    <section class="scanner">
      <div class={problem ? "scanner-picture off" : "scanner-picture"}>
        <video ref={video} muted playsInline aria-label={t.picture} />
        <span class="scanner-frame" aria-hidden="true" />
      </div>
      {problem ? (
        <>
          <Note kind="warn">{t[problem]}</Note>
          {problem !== "none" && <Button onClick={again}>{t.again}</Button>}
        </>
      ) : (
        <p role="status" class="quiet-text">
          {seeing === "open" ? t.look : t.opening}
        </p>
      )}
      {light && (
        <Button icon="sparkles" onClick={() => light.turn(!light.isOn)}>
          {light.isOn ? t.lightOff : t.lightOn}
        </Button>
      )}
    </section>
  );
}

const isBad = (seeing: Seeing): seeing is "denied" | "none" | "taken" =>
  seeing === "denied" || seeing === "none" || seeing === "taken";

/** Look at the picture again and again; tell whether nothing here can read it. */
function useReading(
  video: RefObject<HTMLVideoElement | null>,
  isOpen: boolean,
  formats: Format[],
  onCode: (text: string) => void,
): boolean {
  const [isUnread, setUnread] = useState(false);
  const tell = useRef(onCode);
  tell.current = onCode;
  useEffect(() => {
    if (!isOpen) return;
    const ended = new AbortController();
    setUnread(false);
    look(video, formats, (text) => tell.current(text), ended.signal).catch(() => setUnread(true));
    return () => ended.abort();
  }, [isOpen, formats, video]);
  return isUnread;
}

async function look(
  video: RefObject<HTMLVideoElement | null>,
  formats: Format[],
  tell: (text: string) => void,
  ended: AbortSignal,
): Promise<void> {
  const reader = await readerOf(formats);
  let last = { text: "", at: 0 };
  while (!ended.aborted) {
    const picture = video.current;
    // A frame that cannot be read (there is none yet) is no reason to stop.
    const found = picture && picture.readyState >= 2 ? await reader.detect(picture).catch(() => []) : [];
    const text = found[0]?.rawValue.trim();
    if (text && !ended.aborted) {
      const isSame = text === last.text && Date.now() - last.at < SAME_MS;
      last = { text, at: Date.now() };
      if (!isSame) tell(text);
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
