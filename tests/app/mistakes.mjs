/**
 * Deliberate mistakes in the core, as tests of its tests: each is one text in place of another, and has to be noticed.
 *
 * `node tests/app/run.mjs --mistake ack_by_last_number` shows who notices.
 */

const store = "sync/store.ts";
const replica = "sync/replica.ts";
const rounds = "sync/rounds.ts";
const live = "sync/live.ts";
const tabs = "sync/tabs.ts";
const api = "app/api.ts";

const queue = "queue.test.ts";

export const MISTAKES = {
  ack_by_last_number: {
    file: store,
    right: "const outcome = outcomes.get(each.uid);",
    wrong:
      "const outcome = outcomes.get(each.uid) ?? (each.id < (answer.results.at(-1)?.id ?? 0) ? answer.results[0] : undefined);",
    caught: queue,
  },
  stale_answer_applied: {
    file: store,
    right: "if (!same(cursor ?? null, answer.base)) return null;",
    wrong: "",
    caught: queue,
  },
  no_epoch_check: {
    file: store,
    right: "one.epoch === two.epoch && ",
    wrong: "",
    caught: queue,
  },
  pages_mixed_up: {
    file: store,
    right: " && (one.after ?? null) === (two.after ?? null)",
    wrong: "",
    caught: queue,
  },
  queue_cleared_on_reset: {
    file: store,
    right: '[stage.clear(), meta.put(true, "resetting")]',
    wrong: '[stage.clear(), tx.objectStore("queue").clear(), meta.put(true, "resetting")]',
    caught: queue,
  },
  old_pages_kept_on_reset: {
    file: store,
    right: '[stage.clear(), meta.put(true, "resetting")]',
    wrong: '[meta.put(true, "resetting")]',
    caught: queue,
  },
  torn_pages: {
    file: store,
    right: "return answer.more\n",
    wrong: "return !answer\n",
    caught: queue,
  },
  outcome_before_documents: {
    file: store,
    right: "if ((outcome || each.done) && !answer.more)",
    wrong: "if (outcome || each.done)",
    caught: queue,
  },
  old_documents_kept_on_reset: {
    file: store,
    right: "...(cleared ? [base.clear()] : []),",
    wrong: "",
    caught: queue,
  },
  numbers_of_the_queue: {
    file: store,
    right: 'let last = ((await meta.get("last")) as number | undefined) ?? 0;',
    wrong: "let last = await queue.count();",
    caught: queue,
  },
  number_not_written: {
    file: store,
    right: ', meta.put(last, "last")]);',
    wrong: "]);",
    caught: queue,
  },
  seen_before_shown: {
    file: store,
    right: 'const shown = (await meta.get("shown")) as Cursor | undefined;',
    wrong: 'const shown = (await meta.get("cursor")) as Cursor | undefined;',
    caught: queue,
  },
  numbers_of_another_device: {
    file: store,
    right: "if (known === device) return;",
    wrong: "if (known) return;",
    caught: queue,
  },
  upgrade_forgets_the_queue: {
    file: store,
    right: 'meta.delete("cursor"), ',
    wrong: 'meta.delete("cursor"), tx.objectStore("queue").clear(), ',
    caught: queue,
  },
  half_an_answer: {
    file: store,
    right: 'if (!isAnswer(answer)) throw new TypeError("this is no answer to a synchronization");',
    wrong: "",
    caught: queue,
  },
  act_too_large: {
    file: store,
    right: "if (acts.some((act) => bytesOf(act) > MOST_ACT_BYTES))",
    wrong: "if (acts.length > 1e9)",
    caught: queue,
  },
  on_screen_before_disk: {
    file: replica,
    right: "const queued = await this.#store.enqueue(",
    wrong: "const queued: Queued[] = [];\n    void this.#store.enqueue(",
    caught: queue,
  },
  acts_of_before_forgotten: {
    file: replica,
    right: "[...this.#queue, ...queued",
    wrong: "[...queued",
    caught: queue,
  },
  another_page_not_noticed: {
    file: replica,
    right: "if (swap === null || !same(swap.before, this.#shown)) await",
    wrong: "if (swap === null) await",
    caught: queue,
  },
  refusals_untold: {
    file: replica,
    right: "this.#refused = [...this.#refused, ...swap.refused];",
    wrong: "",
    caught: queue,
  },
  clock_not_corrected: {
    file: replica,
    right: "Date.parse(answer.server_time) - ",
    wrong: "0 * ",
    caught: queue,
  },
  uid_without_time: {
    file: replica,
    right: 'now.toString(16).padStart(12, "0")',
    wrong: "now.toString(16)",
    caught: "view.test.ts",
  },
  view_without_order: {
    file: "sync/view.ts",
    right: "for (const mutation of queue) {",
    wrong: "for (const mutation of [...queue].reverse()) {",
    caught: "view.test.ts",
  },
  view_keeps_the_old: {
    file: "sync/view.ts",
    right: "this.#above = new Map();\n",
    wrong: "",
    caught: "view.test.ts",
  },
  documents_written_over: {
    file: "sync/effects.ts",
    right: "{ [entity]: { ...known, ...values } }",
    wrong: "{ [entity]: Object.assign(known, values) }",
    caught: "view.test.ts",
  },
  two_at_once: {
    file: rounds,
    right: "if (this.#running) {\n",
    wrong: "if (this.#running && this.#again) {\n",
    caught: "rounds.test.ts",
  },
  asked_meanwhile_forgotten: {
    file: rounds,
    right: "if (round.more || this.#again) return 0;",
    wrong: "if (round.more) return 0;",
    caught: "rounds.test.ts",
  },
  poke_too_early_lost: {
    file: rounds,
    right: "(round.progress || this.#poked)",
    wrong: "round.progress",
    caught: "rounds.test.ts",
  },
  poke_without_end: {
    file: rounds,
    right: "if (this.#isBehind() && (round.progress || this.#poked)) return 0;",
    wrong: "if (this.#isBehind()) return 0;",
    caught: "rounds.test.ts",
  },
  new_count_unnoticed: {
    file: rounds,
    right: "if (isFirst && version",
    wrong: "if (!version && version",
    caught: "rounds.test.ts",
  },
  no_jitter: {
    file: rounds,
    right: "this.#clock.chance() * most",
    wrong: "most",
    caught: "rounds.test.ts",
  },
  retry_after_ignored: {
    file: rounds,
    right: "if (this.#stopped || this.#told)",
    wrong: "if (this.#stopped)",
    caught: "rounds.test.ts",
  },
  runaway: {
    file: rounds,
    right: ">= RUNAWAY.requests",
    wrong: ">= 1e9",
    caught: "rounds.test.ts",
  },
  slow_runaway: {
    file: rounds,
    right: "Math.max(this.#idle.length, ++this.#barren)",
    wrong: "this.#idle.length",
    caught: "rounds.test.ts",
  },
  silence_unheard: {
    file: live,
    right: "silence = setTimeout(() => stream.abort(), SILENT_MS);",
    wrong: "",
    caught: "live.test.ts",
  },
  words_cut_apart: {
    file: live,
    right: "(rest + decoder",
    wrong: "(decoder",
    caught: "live.test.ts",
  },
  never_asked_without_stream: {
    file: live,
    right: "if (Date.now() - this.#heard >= this.#patience) this.#resync();",
    wrong: "",
    caught: "live.test.ts",
  },
  away_is_for_long: {
    file: live,
    right: 'if (address === null || stream.signal.aborted) return "cut";',
    wrong: 'if (address === null || stream.signal.aborted) return "refused";',
    caught: "live.test.ts",
  },
  the_hidden_one_leads: {
    file: tabs,
    right: "void this.#claim({ steal: true });",
    wrong: "void this.#claim({});",
    caught: "live.test.ts",
  },
  nobody_takes_over: {
    file: tabs,
    right: "void this.#claim({});",
    wrong: "",
    caught: "live.test.ts",
  },
  two_taps_are_two_acts: {
    file: api,
    right: "if (known?.key !== key) await tx.store.put({ key, body }, slot);",
    wrong: "void tx.store;",
    caught: "api.test.ts",
  },
  key_forgotten_too_early: {
    file: api,
    right: "if (answer.ok || !isUnsure(answer.problem)) ",
    wrong: "",
    caught: "api.test.ts",
  },
  key_kept_for_another_act: {
    file: api,
    right: "known?.body === body ?",
    wrong: "known ?",
    caught: "api.test.ts",
  },
  each_page_renews: {
    file: api,
    right: "return isGood(now) ? now.access : this.#renewed(now);",
    wrong: "return this.#renewed(now);",
    caught: "api.test.ts",
  },
};
