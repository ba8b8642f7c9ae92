import type { DocumentText } from "./yaml.ts";

/** Why something in a folder of manifests doesn't count: it couldn't be read, or would be rejected. */
export interface ManifestProblem {
  /** Relative to the folder, with `/`. */
  file: string;
  /** From 1. */
  line?: number;
  /** `NetworkPolicy d-redis/isolate`; absent where it isn't known which object it would be. */
  object?: string;
  /** The place in the object, e.g. `spec.ports[0].port`. */
  field?: string;
  /** What's wrong and how to mend it; reads on after the field, the object or the file. */
  text: string;
}

/** `b/np.yaml:12: NetworkPolicy d-redis/isolate: spec.policyTypes is ...`; always one line. */
export function manifestProblemLine({ file, line, object, field, text }: ManifestProblem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  const subject = field === undefined ? text : `${field} ${text}`;
  return oneLine([place, object, subject].filter((part) => part !== undefined).join(": "));
}

/** Names of files and keys may hold anything. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

/** Who has more mistakes than that mends the first ones first. */
const MAX_PROBLEMS = 100;

/** Collects what's to say about one file. */
export class FileReport {
  readonly file: string;
  readonly problems: ManifestProblem[] = [];
  readonly notes = new Set<string>();
  readonly #text: string;
  #newlines?: number[];
  #dropped = 0;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
  }

  /** Whether further problems are only counted, wherever they are. */
  get isFull(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }

  /** @param offset where in the document; undefined for its first line */
  problem(
    document: DocumentText,
    offset: number | undefined,
    problem: Omit<ManifestProblem, "file" | "line">,
  ): void {
    if (this.isFull) {
      this.#dropped++;
      return;
    }
    const line = this.#lineAt(document.offset + (offset ?? 0));
    this.problems.push({ file: this.file, line, ...problem });
  }

  /** The problems, with a last one that counts those beyond the first hundred. */
  allProblems(): ManifestProblem[] {
    if (this.#dropped === 0) return this.problems;
    const text = `has ${this.#dropped} more problems; mend the first ${MAX_PROBLEMS}`;
    return [...this.problems, { file: this.file, text }];
  }

  #lineAt(offset: number): number {
    this.#newlines ??= newlines(this.#text);
    let [low, high] = [0, this.#newlines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#newlines[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
}

function newlines(text: string): number[] {
  const offsets: number[] = [];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) offsets.push(at);
  return offsets;
}
