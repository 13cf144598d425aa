/** The reader for browsers without one: zxing as WebAssembly, from this server and nowhere else. */

import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";
// The very file that barcode-detector was made with: it brings zxing-wasm along, and npm keeps one.
import wasm from "zxing-wasm/reader/zxing_reader.wasm";
import type { Format, Reader } from "./reader";

/** Load the module and return a reader; throws where it cannot be loaded. */
export async function zxing(formats: Format[]): Promise<Reader> {
  const url = new URL(wasm, import.meta.url).href;
  await prepareZXingModule({ overrides: { locateFile: () => url }, fireImmediately: true });
  return new BarcodeDetector({ formats });
}
