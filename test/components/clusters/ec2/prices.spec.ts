import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import { costLine, monthlyBill } from "../../../../components/clusters/ec2/bill.ts";
import {
  type Asked,
  askPrices,
  pricingRegion,
  unitPrice,
} from "../../../../components/clusters/ec2/prices.ts";
import { collect } from "../../../../micromesh/resources/collect.ts";

/** A product as the price list has it: of its many attributes some, and of its terms all kinds. */
const product = (usd: string, unit: string, { family = "Compute Instance" } = {}) =>
  JSON.stringify({
    product: {
      productFamily: family,
      attributes: {
        instanceType: "m7i-flex.large",
        vcpu: "2",
        memory: "8 GiB",
        regionCode: "eu-central-1",
        location: "EU (Frankfurt)",
        usagetype: "EUC1-BoxUsage:m7i-flex.large",
        operatingSystem: "Linux",
        tenancy: "Shared",
      },
      sku: "8F4W7R2N6K3XQ9TD",
    },
    serviceCode: "AmazonEC2",
    terms: {
      OnDemand: {
        "8F4W7R2N6K3XQ9TD.JRTCKXETXF": {
          priceDimensions: {
            "8F4W7R2N6K3XQ9TD.JRTCKXETXF.6YS6EN2CT7": {
              unit,
              endRange: "Inf",
              description: `$${usd} per ${unit}`,
              appliesTo: [],
              rateCode: "8F4W7R2N6K3XQ9TD.JRTCKXETXF.6YS6EN2CT7",
              beginRange: "0",
              pricePerUnit: { USD: usd },
            },
          },
          sku: "8F4W7R2N6K3XQ9TD",
          effectiveDate: "2026-11-01T00:00:00Z",
          offerTermCode: "JRTCKXETXF",
          termAttributes: {},
        },
      },
      Reserved: {
        "8F4W7R2N6K3XQ9TD.4NA7Y494T4": {
          priceDimensions: {
            "8F4W7R2N6K3XQ9TD.4NA7Y494T4.6YS6EN2CT7": {
              unit: "Hrs",
              beginRange: "0",
              pricePerUnit: { USD: "0.0721300000" },
            },
          },
          termAttributes: { LeaseContractLength: "1yr", PurchaseOption: "No Upfront" },
        },
      },
    },
    version: "20261101000000",
    publicationDate: "2026-11-01T00:00:00Z",
  });

describe("a price of AWS' list", () => {
  it("is the one on demand, by the unit asked for", () => {
    assert.equal(unitPrice(product("0.1148700000", "Hrs"), "Hrs"), 0.11487);
    assert.equal(unitPrice(product("0.0952", "GB-Mo", { family: "Storage" }), "GB-Mo"), 0.0952);
  });

  it("is the first step's, where it falls with the amount", () => {
    const steps = { a: { unit: "Hrs", beginRange: "100", pricePerUnit: { USD: "1" } } };
    const first = { b: { unit: "Hrs", beginRange: "0", pricePerUnit: { USD: "2" } } };
    const json = { terms: { OnDemand: { t: { priceDimensions: { ...steps, ...first } } } } };
    assert.equal(unitPrice(JSON.stringify(json), "Hrs"), 2);
  });

  it("isn't there for another unit, in another currency, or without one on demand", () => {
    const none = /^AWS' price list has no price on demand by Hrs$/;
    const fails = (json: string) => assert.throws(() => unitPrice(json, "Hrs"), { message: none });
    fails(product("0.1", "GB-Mo"));
    fails(product("0.1", "Hrs").replaceAll('"USD"', '"CNY"'));
    fails("{}");
    fails('{"terms":{"Reserved":{}}}');
    fails(product("free", "Hrs"));
  });
});

describe("the region that is asked for prices", () => {
  it("is the nearest that answers", () => {
    const regions = ["eu-west-1", "me-south-1", "ap-southeast-2", "us-west-2", "sa-east-1"];
    assert.deepEqual(regions.map(pricingRegion), [
      "eu-central-1",
      "eu-central-1",
      "ap-south-1",
      "us-east-1",
      "us-east-1",
    ]);
  });
});

/** As gRPC has it, which the SDK reads the text of. */
const refusal = (details: string) => Object.assign(new Error(details), { details });

/** What askPrices makes of AWS' answers. */
async function asking(answer: (filters: Record<string, string>) => string) {
  const seen: { filters: Record<string, string>; provider?: string }[] = [];
  const { outputs } = await collect(
    async () => {
      const provider = new aws.Provider("pricing", { region: pricingRegion("eu-west-1") });
      return { asked: askPrices("m7i-flex.large", "eu-west-1", provider) };
    },
    {
      project: "micromesh",
      stack: "test",
      config: {},
      preview: true,
      call: ({ inputs, provider }) => {
        const filters = Object.fromEntries(
          inputs.filters.map(({ field, value }: { field: string; value: string }) => [
            field,
            value,
          ]),
        );
        seen.push({ filters, provider });
        return { result: answer(filters) };
      },
    },
  );
  return { asked: outputs.asked as Asked, seen };
}

describe("asking AWS for prices", () => {
  it("asks for a Linux instance on demand and for gp3, both in the stack's region", async () => {
    const { asked, seen } = await asking(({ instanceType }) =>
      instanceType ? product("0.1", "Hrs") : product("0.09", "GB-Mo"),
    );
    assert.deepEqual(asked, { prices: { instanceHour: 0.1, gp3GiBMonth: 0.09 } });
    const of = { locationType: "AWS Region", regionCode: "eu-west-1" };
    // The two are asked at once.
    const instanceFirst = seen.sort((a, b) =>
      a.filters.instanceType ? -1 : b.filters.instanceType ? 1 : 0,
    );
    assert.deepEqual(
      instanceFirst.map(({ filters }) => filters),
      [
        {
          ...of,
          instanceType: "m7i-flex.large",
          operatingSystem: "Linux",
          preInstalledSw: "NA",
          licenseModel: "No License required",
          tenancy: "Shared",
          capacitystatus: "Used",
        },
        { ...of, productFamily: "Storage", volumeApiName: "gp3" },
      ],
    );
    for (const { provider } of seen) assert.match(provider ?? "", /pulumi:providers:aws::pricing/);
  });

  it("goes on with AWS' reason where it may not ask", async () => {
    const { asked } = await asking(() => {
      throw refusal(
        "invocation of aws:pricing/getProduct:getProduct returned an error: invoking aws:pricing/getProduct:" +
          "getProduct: 1 error occurred:\n\t* reading Pricing Products: operation error Pricing: GetProducts, " +
          "https response error StatusCode: 400, RequestID: 6c1f, AccessDeniedException: User: arn:aws:iam::1:" +
          "user/ci is not authorized to perform: pricing:GetProducts\n\n",
      );
    });
    assert.deepEqual(asked, {
      problem:
        "AccessDeniedException: User: arn:aws:iam::1:user/ci is not authorized to perform: pricing:GetProducts",
    });
  });

  it("goes on where the answer isn't a price", async () => {
    const { asked } = await asking(() => "not JSON");
    assert.ok("problem" in asked);
    assert.doesNotMatch(asked.problem, /\n/);
    const { asked: long } = await asking(() => {
      throw refusal("x".repeat(1000));
    });
    assert.ok("problem" in long && long.problem.length === 160, "one line isn't a page");
  });
});

describe("a month's bill", () => {
  const billed = { instanceType: "m7i-flex.large", instances: 1, volumeGiB: 20, addresses: 1 };
  const prices = { instanceHour: 0.11487, gp3GiBMonth: 0.0952 };

  it("is 730 hours of instances and addresses, and a month of volumes", () => {
    const bill = monthlyBill({ ...billed, instances: 3, addresses: 2 }, prices);
    assert.deepEqual(
      bill.map(([what, usd]) => [what, usd.toFixed(4)]),
      [
        ["3 × m7i-flex.large", "251.5653"],
        ["3 × 20 GiB of gp3", "5.7120"],
        ["2 public IPv4 addresses", "7.3000"],
      ],
    );
  });

  it("is told in one line", () => {
    assert.equal(
      costLine(billed, { prices }),
      "A month costs about 89.41 USD outside of the free tier, without traffic: m7i-flex.large 83.86, " +
        "20 GiB of gp3 1.90, 1 public IPv4 address 3.65.",
    );
  });

  it("is told as far as it's known, with the reason", () => {
    assert.equal(
      costLine(billed, { problem: "AccessDeniedException: no" }),
      "What a month costs outside of the free tier isn't known, but for 1 public IPv4 address at 3.65 USD: AWS " +
        "wasn't to be asked for prices (pricing:GetProducts): AccessDeniedException: no",
    );
  });
});
