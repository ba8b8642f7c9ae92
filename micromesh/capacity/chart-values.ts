/** The values of a Helm release, read by path. */
import type { Container, Resources } from "./pod-request.ts";

type Values = Record<string, unknown>;

/** Reads values as a chart does: what isn't set, or set to null, is the chart's default. */
export class ChartValues {
  private readonly values: unknown;

  constructor(values: unknown) {
    this.values = values;
  }

  /** What stands at a path such as `hubble.relay.enabled`. */
  at(path: string): unknown {
    return path
      .split(".")
      .reduce<unknown>((node, key) => (node as Values | null | undefined)?.[key], this.values);
  }

  flag(path: string, otherwise: boolean): boolean {
    return (this.at(path) ?? otherwise) === true;
  }

  number(path: string, otherwise: number): number {
    const value = Number(this.at(path) ?? otherwise);
    return Number.isNaN(value) ? otherwise : value;
  }

  /** A container with the resources at a path. Helm merges maps, so a chart's default stays where nothing else is said. */
  container(path: string, otherwise: Resources = {}): Container {
    const { requests, limits } = (this.at(path) ?? {}) as Resources;
    return {
      resources: {
        requests: { ...otherwise.requests, ...requests },
        limits: { ...otherwise.limits, ...limits },
      },
    };
  }
}
