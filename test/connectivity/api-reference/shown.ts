/** The tests of the reference's sentences: by place in the reference, then by sentence. */
export type Shown = Record<string, Record<string, () => void>>;
