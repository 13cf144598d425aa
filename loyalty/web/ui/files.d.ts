declare module "*.svg" {
  const text: string;
  export default text;
}
declare module "*.css";
declare module "*.wasm" {
  /** Where it lies, seen from the script that names it. */
  const path: string;
  export default path;
}
