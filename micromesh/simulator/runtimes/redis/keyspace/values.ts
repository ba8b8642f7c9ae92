/**
 * The values that a key can hold. Each knows its type's name, how many elements it has, and about
 * how many bytes it takes, kept up to date by its own methods: that estimate is what `maxmemory`
 * is measured against.
 */
import { ELEMENT_OVERHEAD } from "./cost.ts";
import { Deque } from "./deque.ts";
import type { SortedSetValue } from "./sorted-set.ts";

export type Value = StringValue | HashValue | ListValue | SetValue | SortedSetValue;

export class StringValue {
  readonly type = "string";
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  get size(): number {
    return 1;
  }
  get bytes(): number {
    return this.text.length;
  }
}

export class HashValue {
  readonly type = "hash";
  readonly fields = new Map<string, string>();
  bytes = 0;

  get size(): number {
    return this.fields.size;
  }

  /** @returns whether the field is new */
  set(field: string, value: string): boolean {
    const old = this.fields.get(field);
    this.bytes += value.length - (old?.length ?? -field.length - ELEMENT_OVERHEAD);
    this.fields.set(field, value);
    return old === undefined;
  }

  /** @returns whether the field was there */
  delete(field: string): boolean {
    const old = this.fields.get(field);
    if (old === undefined) return false;
    this.bytes -= field.length + old.length + ELEMENT_OVERHEAD;
    return this.fields.delete(field);
  }
}

export class ListValue {
  readonly type = "list";
  readonly #items = new Deque<string>();
  bytes = 0;

  static of(items: Iterable<string>): ListValue {
    const list = new ListValue();
    for (const item of items) list.push("right", item);
    return list;
  }

  get size(): number {
    return this.#items.length;
  }

  at(index: number): string | undefined {
    return this.#items.at(index);
  }

  set(index: number, item: string): void {
    this.bytes += item.length - (this.#items.at(index)?.length ?? 0);
    this.#items.set(index, item);
  }

  push(end: "left" | "right", item: string): void {
    this.bytes += item.length + ELEMENT_OVERHEAD;
    if (end === "left") this.#items.pushFront(item);
    else this.#items.pushBack(item);
  }

  pop(end: "left" | "right"): string | undefined {
    const item = end === "left" ? this.#items.popFront() : this.#items.popBack();
    if (item !== undefined) this.bytes -= item.length + ELEMENT_OVERHEAD;
    return item;
  }

  slice(from?: number, to?: number): string[] {
    return this.#items.slice(from, to);
  }
}

export class SetValue {
  readonly type = "set";
  readonly members = new Set<string>();
  bytes = 0;

  static of(members: Iterable<string>): SetValue {
    const set = new SetValue();
    for (const member of members) set.add(member);
    return set;
  }

  get size(): number {
    return this.members.size;
  }

  /** @returns whether the member is new */
  add(member: string): boolean {
    if (this.members.has(member)) return false;
    this.members.add(member);
    this.bytes += member.length + ELEMENT_OVERHEAD;
    return true;
  }

  /** @returns whether the member was there */
  delete(member: string): boolean {
    if (!this.members.delete(member)) return false;
    this.bytes -= member.length + ELEMENT_OVERHEAD;
    return true;
  }
}
