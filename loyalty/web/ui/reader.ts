/** What reads codes in pictures: the browser where it can, else a module of ours that is loaded when it is needed. */

/** The formats that we draw or meet, as browsers call them. */
export type Format = "qr_code" | "code_128" | "ean_13";

export interface Reader {
  detect(picture: HTMLVideoElement): Promise<{ rawValue: string; format: string }[]>;
}

interface ReaderClass {
  new (options: { formats: Format[] }): Reader;
  getSupportedFormats(): Promise<string[]>;
}

/** Return a reader of these formats; throws where ours is needed and cannot be loaded. */
export async function readerOf(formats: Format[]): Promise<Reader> {
  const native = (globalThis as { BarcodeDetector?: ReaderClass }).BarcodeDetector;
  const known: string[] = (await native?.getSupportedFormats().catch(() => [])) ?? [];
  if (native && formats.every((each) => known.includes(each))) return new native({ formats });
  const { zxing } = await import("./zxing");
  return zxing(formats);
}
