/** What a drawing shows, before anything has a place. */

/**
 * - `works`, `cut`, `broken`: a needed flow, by what becomes of it; `broken` may be unneeded
 * - `permitted`: nothing needs it
 * - `added`, `removed`, `changed`: what a comparison found; `lost`: removed, though something needs it
 * - `faint`: a needed flow that a comparison found the same
 */
export type Tone =
  | "works"
  | "permitted"
  | "cut"
  | "broken"
  | "added"
  | "removed"
  | "changed"
  | "lost"
  | "faint";

/** A short text at a box or a group, in place of lines that would go everywhere. */
export interface Note {
  text: string;
  tone?: Tone;
}

export interface Box {
  id: string;
  name: string;
  /** What it listens on. */
  detail: string;
  kind: "workload" | "external" | "controller" | "service";
  notes: Note[];
}

/** The boxes of a namespace; or one box without a frame. */
export interface Group {
  id: string;
  /** Empty: without a frame. */
  name: string;
  notes: Note[];
  boxes: Box[];
}

/** Where an edge begins or ends: at a box, or at a group for all of its boxes. */
export interface End {
  kind: "box" | "group";
  id: string;
}

export interface Edge {
  from: End;
  to: End;
  tone: Tone;
  /** Ports or requests, where they say something; empty otherwise. */
  label: string;
  /** Shown where a pointer rests: why. */
  tip: string;
}

export interface Picture {
  title: string;
  subtitle: string;
  groups: Group[];
  edges: Edge[];
}
