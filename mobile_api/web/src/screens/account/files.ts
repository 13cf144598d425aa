/** Saving a file on this device. */

const KEPT_MS = 60_000;

/** Hand a file to the browser, which asks or saves as the person has set it. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Not at once: some browsers read it later.
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
