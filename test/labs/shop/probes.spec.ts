import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { knownKeys } from "../../../apps/shop/access/known-keys.ts";
import { callerOf } from "../../../apps/shop/access/tokens.ts";
import { type ShopSettings, shopSettings } from "../../../apps/shop/settings.ts";
import { probesOf } from "../../../labs/shop/probes.ts";
import { scenarioNames, settingsFor } from "../../../labs/shop/scenarios.ts";
import { LAB_KEY, TOKENS } from "../../../labs/shop/tokens.ts";
import { type ProbeInput, probe } from "../../../stacks/outputs.ts";

const defaults = shopSettings.parse({});
const required = shopSettings.parse({ auth: { required: true } });

const probes = (scenario: (typeof scenarioNames)[number], settings: ShopSettings) =>
  probesOf(scenario, settingsFor(scenario, settings));

/** What is asked of carts and orders, and the token that is shown. */
const tokensIn = (list: ProbeInput[]) =>
  list.flatMap(({ request }) =>
    request.kind === "http" && /\/(cart|order)\//.test(request.url)
      ? [request.headers?.authorization]
      : [],
  );

describe("the shop lab's probes", () => {
  for (const scenario of scenarioNames) {
    it(`of ${scenario} are a valid lab, and each has a name of its own`, () => {
      const list = probes(scenario, defaults);
      assert.equal(list.map((one) => probe.parse(one)).length, list.length);
      assert.equal(new Set(list.map(({ name }) => name)).size, list.length);
    });
  }

  for (const scenario of scenarioNames.filter((name) => name !== "signed-in")) {
    it(`of ${scenario} show a token where the stack requires one, and none elsewhere`, () => {
      assert.ok(tokensIn(probes(scenario, defaults)).every((token) => token === undefined));
      const shown = tokensIn(probes(scenario, required));
      assert.ok(shown.every((token) => token === `Bearer ${TOKENS.good}`));
    });
  }

  it("of signed-in show all kinds of tokens, and once none", () => {
    const shown = tokensIn(probes("signed-in", defaults));
    const kinds = [undefined, ...Object.values(TOKENS).map((token) => `Bearer ${token}`)];
    assert.deepEqual(new Set(shown), new Set(kinds));
    assert.equal(shown.filter((token) => token === undefined).length, 1);
    assert.deepEqual(probes("signed-in", required), probes("signed-in", defaults));
  });

  it("have the shop trust the lab's key only where tokens are required, beside those of the stack", () => {
    assert.deepEqual(settingsFor("open", defaults).auth, { required: false, keys: [] });
    const other = { issuer: "other", jwk: { ...LAB_KEY.jwk, kid: "other" } };
    const stack = shopSettings.parse({ auth: { required: true, keys: [other] } });
    assert.deepEqual(settingsFor("open", stack).auth.keys, [other, LAB_KEY]);
    assert.deepEqual(settingsFor("signed-in", settingsFor("signed-in", stack)).auth.keys, [
      other,
      LAB_KEY,
    ]);
    // What reaches the pods is read there by the same schema.
    assert.deepEqual(shopSettings.parse(settingsFor("signed-in", defaults)).auth.keys, [LAB_KEY]);
  });
});

describe("the shop lab's tokens", () => {
  const findKey = knownKeys({ call: assert.fail }, [LAB_KEY]);

  it("are good for the probes' user, and for nobody else", async () => {
    assert.deepEqual(await callerOf(TOKENS.good, findKey), { user: "probe" });
    assert.deepEqual(LAB_KEY.users, ["probe"]);
  });

  for (const [kind, why] of [
    ["expired", "it has expired"],
    ["forged", "its signature is wrong"],
    ["unsigned", "its alg isn't ES256"],
  ] as const) {
    it(`or are ${kind}, and refused for that`, async () => {
      await assert.rejects(callerOf(TOKENS[kind], findKey), { message: new RegExp(`: ${why};`) });
    });
  }

  it("are worth nothing where the key isn't trusted", async () => {
    const nobody = async () => undefined;
    await assert.rejects(callerOf(TOKENS.good, nobody), { status: 401 });
  });

  it("can't be made anew: there's only the public half of the key", () => {
    assert.equal("d" in LAB_KEY.jwk, false);
    assert.equal(createPublicKey({ key: LAB_KEY.jwk, format: "jwk" }).type, "public");
  });
});
