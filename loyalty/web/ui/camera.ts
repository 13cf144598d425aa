/** The camera of this device: opened while it is looked at, closed as soon as it is not. */

import type { RefObject } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";

/** Why there is no picture, or that there is one. */
export type Seeing = "opening" | "open" | "denied" | "none" | "taken";

const WANTED: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
};

export interface Light {
  isOn: boolean;
  turn(on: boolean): void;
}

interface Camera {
  seeing: Seeing;
  /** The lamp beside the camera, where there is one. */
  light: Light | null;
  /** Try again, after the person allowed it. */
  again(): void;
}

/** Show the camera's picture in a video as long as the page is seen. */
export function useCamera(video: RefObject<HTMLVideoElement | null>): Camera {
  const isShown = useShown();
  const [seeing, setSeeing] = useState<Seeing>("opening");
  const [track, setTrack] = useState<MediaStreamTrack | null>(null);
  const [round, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!isShown) return;
    let isOver = false;
    let stream: MediaStream | null = null;
    setSeeing("opening");
    void opened().then(async (found) => {
      if (typeof found === "string") {
        if (!isOver) setSeeing(found);
        return;
      }
      stream = found;
      if (isOver || !video.current) {
        close(found);
        return;
      }
      video.current.srcObject = found;
      await video.current.play().catch(() => {});
      setTrack(found.getVideoTracks()[0] ?? null);
      setSeeing("open");
    });
    return () => {
      isOver = true;
      if (stream) close(stream);
      setTrack(null);
    };
  }, [isShown, round, video]);
  return { seeing, light: useLight(track), again: () => again(undefined as never) };
}

async function opened(): Promise<MediaStream | Seeing> {
  // Pages that are not secure have no camera to ask for.
  if (!navigator.mediaDevices?.getUserMedia) return "none";
  try {
    return await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError" || name === "SecurityError") return "denied";
    return name === "NotFoundError" || name === "OverconstrainedError" ? "none" : "taken";
  }
}

function close(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

type WithTorch = { torch?: boolean };

function useLight(track: MediaStreamTrack | null): Light | null {
  const [isOn, setOn] = useState(false);
  useEffect(() => setOn(false), [track]);
  const can = track?.getCapabilities?.() as WithTorch | undefined;
  if (track === null || !can?.torch) return null;
  const turn = (on: boolean) => {
    const constraints = { advanced: [{ torch: on }] } as unknown as MediaTrackConstraints;
    void track.applyConstraints(constraints).then(
      () => setOn(on),
      () => {},
    );
  };
  return { isOn, turn };
}

function useShown(): boolean {
  const [isShown, setShown] = useState(!document.hidden);
  useEffect(() => {
    const look = () => setShown(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return isShown;
}
