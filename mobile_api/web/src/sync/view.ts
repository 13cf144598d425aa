/** What is on screen: the documents the server has sent, and on top of them the acts it has not answered. */

import { effectOf, type Look } from "./effects";
import type { Doc, Queued } from "./types";

export class View implements Look {
  #base = new Map<string, Doc>();
  #above = new Map<string, Doc | null>();

  /** Take what is on disk, and return the entities that look different now. */
  show(base: Map<string, Doc>, queue: readonly Queued[]): Set<string> {
    const before = { base: this.#base, above: this.#above };
    this.#base = base;
    this.#above = new Map();
    for (const mutation of queue) {
      for (const [entity, doc] of Object.entries(effectOf(mutation, this))) this.#above.set(entity, doc);
    }
    return differing(before, { base, above: this.#above });
  }

  get(entity: string): Doc | undefined {
    const above = this.#above.get(entity);
    return above === undefined ? this.#base.get(entity) : (above ?? undefined);
  }

  keys(prefix: string): string[] {
    const found = new Set<string>();
    for (const layer of [this.#base, this.#above]) {
      for (const entity of layer.keys()) if (entity.startsWith(prefix)) found.add(entity);
    }
    return [...found].filter((entity) => this.get(entity) !== undefined).sort();
  }
}

interface Layers {
  base: Map<string, Doc>;
  above: Map<string, Doc | null>;
}

function differing(one: Layers, two: Layers): Set<string> {
  const changed = new Set([...one.above.keys(), ...two.above.keys()]);
  if (one.base !== two.base) {
    for (const [entity, doc] of one.base) if (two.base.get(entity) !== doc) changed.add(entity);
    for (const [entity, doc] of two.base) if (one.base.get(entity) !== doc) changed.add(entity);
  }
  return changed;
}
