/** Say the app's names of preferences as JSON, for `test_names.py`. */

import { BEGINS, DIETARY, DRINKS, SLOTS, STORE } from "../../mobile_api/web/src/screens/taste/names";

const known = [...DRINKS.map((each) => each.name), STORE];
process.stdout.write(
  JSON.stringify({ known, dietary: DIETARY, slots: SLOTS.map((slot) => [slot, BEGINS[slot]]) }),
);
