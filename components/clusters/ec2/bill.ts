import type { Asked, Prices } from "./prices.ts";

/** What runs all month, and is paid for. */
export interface Billed {
  instanceType: string;
  instances: number;
  /** Of each instance's gp3 volume. */
  volumeGiB: number;
  /** Public ones, Elastic IPs among them. */
  addresses: number;
}

/** A month as AWS' own calculator counts it. */
const HOURS_A_MONTH = 730;
/** In USD, in every region, since February 2024 (https://aws.amazon.com/vpc/pricing/, "Public IPv4 Addresses"). */
const ADDRESS_HOUR = 0.005;

/** A line of a month's bill: what, and how much in USD. */
export type BillLine = [what: string, usd: number];

/** What a month costs outside of the free tier. Traffic isn't in it. */
export function monthlyBill(billed: Billed, { instanceHour, gp3GiBMonth }: Prices): BillLine[] {
  const { instanceType, instances, volumeGiB, addresses } = billed;
  return [
    [counted(instances, instanceType), instances * instanceHour * HOURS_A_MONTH],
    [counted(instances, `${volumeGiB} GiB of gp3`), instances * volumeGiB * gp3GiBMonth],
    [addressesOf(addresses), addresses * ADDRESS_HOUR * HOURS_A_MONTH],
  ];
}

/** What a month costs, in one line, or why that can't be told. */
export function costLine(billed: Billed, asked: Asked): string {
  if ("problem" in asked) {
    const { addresses } = billed;
    return (
      `What a month costs outside of the free tier isn't known, but for ${addressesOf(addresses)} at ` +
      `${dollars(addresses * ADDRESS_HOUR * HOURS_A_MONTH)}: AWS wasn't to be asked for prices ` +
      `(pricing:GetProducts): ${asked.problem}`
    );
  }
  const lines = monthlyBill(billed, asked.prices);
  const total = lines.reduce((sum, [, usd]) => sum + usd, 0);
  const parts = lines.map(([what, usd]) => `${what} ${usd.toFixed(2)}`).join(", ");
  return `A month costs about ${dollars(total)} outside of the free tier, without traffic: ${parts}.`;
}

function counted(count: number, what: string): string {
  return count === 1 ? what : `${count} × ${what}`;
}

function addressesOf(count: number): string {
  return `${count} public IPv4 address${count === 1 ? "" : "es"}`;
}

function dollars(usd: number): string {
  return `${usd.toFixed(2)} USD`;
}
