import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** In USD, from AWS' price list. */
export interface Prices {
  instanceHour: number;
  gp3GiBMonth: number;
}

/** Prices, or in one line why there are none. */
export type Asked = { prices: Prices } | { problem: string };

/**
 * The nearest region that answers questions about prices; it knows those of all
 * (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html).
 */
export function pricingRegion(region: string): string {
  if (/^(eu|il|me|af)-/.test(region)) return "eu-central-1";
  return region.startsWith("ap-") ? "ap-south-1" : "us-east-1";
}

/**
 * Asks AWS what a type and gp3 cost in a region, in a preview too. It never fails: who may not call
 * `pricing:GetProducts` gets a line that says so.
 * @param provider of the {@link pricingRegion}
 */
export function askPrices(
  instanceType: string,
  region: string,
  provider: aws.Provider,
): pulumi.Output<Asked> {
  const ask = (fields: Record<string, string>, unit: string) => {
    const asked = { locationType: "AWS Region", regionCode: region, ...fields };
    const filters = Object.entries(asked).map(([field, value]) => ({ field, value }));
    return aws.pricing
      .getProduct({ serviceCode: "AmazonEC2", filters }, { provider })
      .then(({ result }) => unitPrice(result, unit));
  };
  const instance = ask({ instanceType, ...ON_DEMAND_LINUX }, "Hrs");
  const volume = ask({ productFamily: "Storage", volumeApiName: "gp3" }, "GB-Mo");
  return pulumi.output(
    Promise.all([instance, volume])
      .then(([instanceHour, gp3GiBMonth]): Asked => ({ prices: { instanceHour, gp3GiBMonth } }))
      .catch((error: Error): Asked => ({ problem: reasonOf(error) })),
  );
}

/** Of all the products that are a type's hour, the one without reservation, licence and dedicated hardware. */
const ON_DEMAND_LINUX = {
  operatingSystem: "Linux",
  preInstalledSw: "NA",
  licenseModel: "No License required",
  tenancy: "Shared",
  capacitystatus: "Used",
};

interface Product {
  terms?: {
    OnDemand?: Record<string, { priceDimensions?: Record<string, PriceDimension> }>;
  };
}

interface PriceDimension {
  unit?: string;
  beginRange?: string;
  pricePerUnit?: { USD?: string };
}

/**
 * The price in USD of a product's first unit on demand.
 * @param json a product, as the price list has it
 * @param unit `Hrs` or `GB-Mo`
 * @throws Error where the product isn't sold by that unit
 */
export function unitPrice(json: string, unit: string): number {
  const terms = Object.values((JSON.parse(json) as Product).terms?.OnDemand ?? {});
  const usd = terms
    .flatMap(({ priceDimensions = {} }) => Object.values(priceDimensions))
    .find((price) => price.unit === unit && Number(price.beginRange ?? 0) === 0)?.pricePerUnit?.USD;
  if (usd === undefined || !Number.isFinite(Number(usd))) {
    throw new Error(`AWS' price list has no price on demand by ${unit}`);
  }
  return Number(usd);
}

const LONGEST_REASON = 160;

/** What AWS says is behind what Pulumi and the provider say, in lines of their own. */
function reasonOf({ message }: Error): string {
  const text = message.replace(/\s+/g, " ").trim();
  const said =
    /\b(?:\w+Exception|api error \w+): .*/.exec(text)?.[0] ?? (text || "it gave no reason");
  return said.length > LONGEST_REASON ? `${said.slice(0, LONGEST_REASON - 1)}…` : said;
}
