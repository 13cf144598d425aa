/**
 * Code 128 (ISO/IEC 15417) for digits: what a scanner with one beam reads.
 *
 * Pairs of digits in set C; an odd last digit in set B.
 */

/** Widths of the bars and gaps of each symbol, 0 to 105, six digits each; then the stop. */
const WIDTHS =
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221" +
  "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321" +
  "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131" +
  "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114" +
  "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141" +
  "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232";
const STOP = "2331112";
const START_C = 105;
const TO_B = 100;

/** Return the widths of bars and gaps in modules, bars first, for a text of digits. */
export function code128(digits: string): number[] {
  const symbols = [START_C];
  const pairs = digits.match(/\d\d/g) ?? [];
  symbols.push(...pairs.map(Number));
  if (digits.length % 2) symbols.push(TO_B, Number(digits.at(-1)) + 16);
  const sum = symbols.reduce((total, symbol, place) => total + symbol * Math.max(1, place), 0);
  const drawn =
    [...symbols, sum % 103].map((symbol) => WIDTHS.slice(symbol * 6, symbol * 6 + 6)).join("") + STOP;
  return [...drawn].map(Number);
}
