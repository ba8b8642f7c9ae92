/** Random predictions and comparisons, with texts that no format may stumble over. */
import * as fc from "fast-check";
import type {
  Change,
  Flow,
  Mistake,
  Party,
  Prediction,
  PredictionDiff,
} from "../../../micromesh/prediction/prediction.ts";

const HOSTILE = [
  "a|b",
  "`code`",
  "<script>alert(1)</script>",
  "@octocat",
  "#12",
  "\u001b[31mred\u001b[0m",
  "]]>",
  'say "hi" & go',
  "back\\slash",
  "two\nlines",
  "\u202eright to left",
  "漢字の名前",
  "\u{1f600}",
  "x".repeat(120),
  "&amp;",
  "</details>",
  "",
  "http://www.example.com",
];

const word = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
);
const sentence = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(" "));
const sentences = fc.array(sentence, { maxLength: 3 });
const ports = fc.oneof(
  fc.constantFrom("All Connections", "TCP 80", "TCP 80,8000-8085,UDP 53", "SCTP 1-65535"),
  word,
);

const workload: fc.Arbitrary<Party> = fc
  .record({
    namespace: fc.oneof(fc.constantFrom("a", "b", "c"), word),
    name: word,
    kind: fc.constantFrom("Deployment", "Job"),
    listens: fc.constantFrom("", "TCP 80", "TCP 80,8443", "TCP 80,UDP 53"),
  })
  .map(({ namespace, name, kind, listens }) => ({
    id: `${namespace}/${name}[${kind}]`,
    kind: "workload",
    namespace,
    name,
    listens,
  }));

const other: fc.Arbitrary<Party> = fc.oneof(
  fc
    .constantFrom("0.0.0.0-255.255.255.255", "10.0.0.0-10.255.255.255", "::-ffff::")
    .map(
      (range): Party => ({ id: `${range}[External]`, kind: "external", name: range, listens: "" }),
    ),
  word.map((name): Party => ({ id: `${name}[External]`, kind: "external", name, listens: "" })),
  fc.constant<Party>({ id: "{ingress-controller}", kind: "controller", name: "x", listens: "" }),
  fc.tuple(fc.constantFrom("a", "b"), word).map(
    ([namespace, name]): Party => ({
      id: `${namespace}/${name}[Service]`,
      kind: "service",
      namespace,
      name,
      listens: "TCP 80",
    }),
  ),
);

const mistake: fc.Arbitrary<Mistake> = fc.record(
  { object: sentence, field: word, text: sentence },
  { requiredKeys: ["object", "text"], noNullPrototype: true },
);

/** @param most the most workloads */
export function predictions(most = 14): fc.Arbitrary<Prediction> {
  return fc
    .tuple(
      fc.uniqueArray(workload, { maxLength: most, selector: (p) => p.id }),
      fc.uniqueArray(other, { maxLength: 5, selector: (p) => p.id }),
    )
    .chain(([workloads, others]) => {
      const parties = [...workloads, ...others];
      const id = parties.length === 0 ? word : fc.constantFrom(...parties.map((p) => p.id));
      const flow: fc.Arbitrary<Flow> = fc.record(
        {
          from: fc.oneof({ weight: 20, arbitrary: id }, { weight: 1, arbitrary: word }),
          to: id,
          ports,
          verdict: fc.constantFrom("allow", "deny", "broken"),
          because: sentences,
          neededBy: fc.oneof(fc.constant<string[]>([]), sentences),
          reachesListener: fc.boolean(),
          requests: fc.array(word, { maxLength: 2 }),
        },
        {
          requiredKeys: [
            "from",
            "to",
            "ports",
            "verdict",
            "because",
            "neededBy",
            "reachesListener",
          ],
          noNullPrototype: true,
        },
      );
      return fc.record({
        of: word,
        parties: fc.constant(parties),
        flows: fc.array(flow, { maxLength: 90 }),
        mistakes: fc.array(mistake, { maxLength: 3 }),
      });
    });
}

/** A comparison, and the second of its predictions, which need not fit: a format can't tell. */
export function comparisons(): fc.Arbitrary<[PredictionDiff, Prediction]> {
  return predictions().chain((after) => {
    const ids = after.parties.map((p) => p.id);
    const id = fc.oneof(fc.constantFrom("gone/away[Deployment]", ...ids), word);
    const change: fc.Arbitrary<Change> = fc.record(
      { from: id, to: id, before: ports, after: ports, needed: fc.boolean(), because: sentences },
      { requiredKeys: ["from", "to", "needed", "because"], noNullPrototype: true },
    );
    return fc.tuple(
      fc.record({
        before: word,
        after: word,
        changes: fc.array(change, { maxLength: 60 }),
        newMistakes: fc.array(mistake, { maxLength: 2 }),
        mendedMistakes: fc.array(mistake, { maxLength: 2 }),
      }),
      fc.constant(after),
    );
  });
}
