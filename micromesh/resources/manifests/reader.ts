import { Checker, type Fields } from "../checker.ts";
import type { KubernetesObject } from "../declared.ts";
import { objectKey } from "../kubernetes.ts";
import { checkObject } from "./checks.ts";
import { type ReadDocument, readDocument } from "./documents.ts";
import type { FileText } from "./files.ts";
import {
  isFields,
  isTemplate,
  isUnrendered,
  itemsOf,
  otherThanManifest,
  TEMPLATE_NOTE,
} from "./kinds.ts";
import { isGenerated, objectOf } from "./objects.ts";
import { findPlace } from "./places.ts";
import { FileReport, type ManifestProblem, oneLine } from "./problem.ts";
import { aliasBudget } from "./values.ts";
import { type DocumentText, splitDocuments, YamlFailure } from "./yaml.ts";

/** Each costs some time, even where there's hardly anything in it. */
const MAX_DOCUMENTS = 100_000;

/** A document that is read, and where to tell of it. */
interface Reading {
  report: FileReport;
  document: DocumentText;
  read: ReadDocument;
}

/** @param place of what's wrong, in the document */
function tell(
  { report, document, read }: Reading,
  place: string,
  problem: Pick<ManifestProblem, "object" | "field" | "text">,
): void {
  const offset = report.isFull ? undefined : findPlace(read.nodes(), place)?.offset;
  report.problem(document, offset, problem);
}

/** Takes the texts of files, one after another, and gathers their objects. No text makes it throw. */
export class ManifestReader {
  readonly objects: KubernetesObject[] = [];
  readonly problems: ManifestProblem[] = [];
  readonly notes: string[] = [];
  readonly #budget = aliasBudget();
  /** The file of each object, by the object's key. */
  readonly #files = new Map<string, string>();
  /** The next number for a name that the cluster would make, by the key with the first of them. */
  readonly #generated = new Map<string, number>();

  readFile(file: string, { text, isBroken }: FileText): void {
    const report = new FileReport(file, text);
    let count = 0;
    for (const document of splitDocuments(text)) {
      if (++count > MAX_DOCUMENTS) break;
      const junk = isBroken ? document.text.indexOf("\uFFFD") : -1;
      if (junk < 0) this.#readDocument(report, document);
      else report.problem(document, junk, { text: "isn't UTF-8 text; save it as UTF-8" });
    }
    this.problems.push(...report.allProblems());
    if (count > MAX_DOCUMENTS) {
      const text = `holds more than ${MAX_DOCUMENTS} documents, and those after are left out; split it`;
      this.problems.push({ file, text });
    }
    for (const note of report.notes) this.notes.push(oneLine(`${file}: ${note}`));
  }

  #readDocument(report: FileReport, document: DocumentText): void {
    try {
      const read = readDocument(document.text, this.#budget);
      const note = read.data === null ? undefined : otherThanManifest(read.data, report.file);
      if (note !== undefined) report.notes.add(note);
      else if (read.data !== null) this.#readItems({ report, document, read });
    } catch (error) {
      const { offset = 0, message } = error as Partial<YamlFailure>;
      if (isTemplate(document.text, offset)) report.notes.add(TEMPLATE_NOTE);
      else {
        const text = error instanceof YamlFailure ? error.message : `can't be read: ${message}`;
        report.problem(document, offset, { text });
      }
    }
  }

  #readItems(reading: Reading): void {
    for (const item of itemsOf(reading.read.data)) {
      if ("problem" in item) tell(reading, item.place, { field: item.place, text: item.problem });
      else if (isUnrendered(item.fields)) reading.report.notes.add(TEMPLATE_NOTE);
      else this.#readItem(reading, item.fields, item.place);
    }
  }

  #readItem(reading: Reading, item: Fields, place: string): void {
    const within = (field: string) => (place === "" ? field : `${place}.${field}`);
    const check = new Checker((field) =>
      reading.report.isFull ? undefined : findPlace(reading.read.nodes(), within(field))?.written,
    );
    const made = objectOf(check, item);
    if (made) checkObject(check, made);
    if (made && check.problems.every(({ clear }) => clear)) {
      const other = this.#add(reading.report, made, isGenerated(item));
      if (other !== undefined) {
        const text = `is in ${other} already; this one is left out, remove one of them`;
        tell(reading, within("metadata.name"), { object: titleOf(made), text });
      }
    }
    const object = titleOf(made ?? item);
    for (const { field, text } of check.problems) {
      // Of an object that has no name yet, its place in the list says which one it is.
      const shown = object === undefined ? within(field) : field;
      tell(reading, within(field), { object, field: shown, text });
    }
  }

  /** Adds an object; returns the file that has another of its key. */
  #add(report: FileReport, object: KubernetesObject, isNameless: boolean): string | undefined {
    if (isNameless) {
      const { name } = object.metadata;
      const key = objectKey(object);
      let number = this.#generated.get(key) ?? 0;
      do object.metadata.name = name.replace(/0$/, String(number++));
      while (this.#files.has(objectKey(object)));
      this.#generated.set(key, number);
      report.notes.add(
        `${titleOf(object)} has generateName; the cluster ends its name by chance, here it's by a number`,
      );
    }
    const key = objectKey(object);
    const other = this.#files.get(key);
    if (other !== undefined) return other;
    this.#files.set(key, report.file);
    this.objects.push(object);
    return undefined;
  }
}

/** `NetworkPolicy d-redis/isolate`; undefined where kind or name are none. */
function titleOf({ kind, metadata }: Fields): string | undefined {
  if (typeof kind !== "string" || !isFields(metadata)) return undefined;
  const { namespace, name, generateName } = metadata;
  const shown = name || generateName;
  if (typeof shown !== "string") return undefined;
  return `${kind} ${typeof namespace === "string" && namespace ? `${namespace}/` : ""}${shown}`;
}
