/** Amounts in the Kubernetes API's own notation. */

const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * `1500m`, `128974848`, `123Mi` as a number
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
 * @returns undefined where the text is none
 */
export function quantity(text: string): number | undefined {
  const [, number, suffix = ""] = /^([\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = FACTORS[suffix];
  const value = Number(number) * (factor ?? Number.NaN);
  return Number.isNaN(value) ? undefined : value;
}
