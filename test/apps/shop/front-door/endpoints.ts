/** Every endpoint of the shop, called as anybody calls it. */
import assert from "node:assert/strict";
import { eventually } from "../../counter/servers.ts";
import { Customer, type Doors, SERVICES } from "./doors.ts";
import { gatewayAnswers, registryAnswers } from "./mesh.ts";
import { servicesAnswer } from "./services.ts";

/**
 * Declares the tests of the whole interface.
 *
 * @param doors the shop, once tests run: scenario `open`, two replicas of each service
 */
export function everyEndpointAnswers(doors: () => Doors): void {
  const customer = new Customer(doors);
  // A pod that has just become ready needs a moment to be found.
  before(() =>
    eventually(async () => {
      const { body } = await customer.get("/mesh/status");
      const counts = SERVICES.map((service) => body.replicas[service].length);
      assert.deepEqual(counts, [2, 2, 2]);
    }),
  );
  describe("at the gateway's port", () => {
    servicesAnswer(customer);
    gatewayAnswers(customer);
  });
  describe("at the registry's port", () => registryAnswers(customer));
}
