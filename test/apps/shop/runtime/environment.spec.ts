import assert from "node:assert/strict";
import { hostname } from "node:os";
import { readEnvironment } from "../../../../apps/runtime/environment.ts";
import {
  meshVariables,
  serviceVariables,
  storeVariables,
} from "../../../../apps/shop/runtime/variables.ts";

describe("shop: the environment of a service", () => {
  const variables = { ...serviceVariables, ...meshVariables, ...storeVariables };
  const needed = { MESH_URL: "http://gateway:8080", STORE_HOST: "store" };

  it("has defaults for all but the addresses of others", () => {
    assert.deepEqual(readEnvironment(variables, { ...needed, PORT: "", OTHER: "x" }), {
      PORT: 8080,
      POD_NAME: hostname(),
      POD_IP: "127.0.0.1",
      VERSION: "v1",
      MESH_URL: "http://gateway:8080",
      STORE_HOST: "store",
      STORE_PORT: 6379,
    });
  });

  it("takes what is set", () => {
    const set = {
      PORT: "1",
      POD_NAME: "cart-7d9f-x2x",
      POD_IP: "fd00::7",
      VERSION: "v12",
      REGISTRY_URL: "http://registry.shop.svc.cluster.local:8081/",
      MESH_URL: "https://gateway",
      STORE_HOST: "10.0.0.1",
      STORE_PORT: "65535",
    };
    assert.deepEqual(readEnvironment(variables, set), {
      ...set,
      PORT: 1,
      REGISTRY_URL: "http://registry.shop.svc.cluster.local:8081",
      STORE_PORT: 65535,
    });
  });

  const wrong: [string, string | undefined, string][] = [
    ["PORT", "http", "it must be a port number between 1 and 65535"],
    ["PORT", "0", "it must be a port number between 1 and 65535"],
    ["PORT", "65536", "it must be a port number between 1 and 65535"],
    ["PORT", "80.5", "it must be a port number between 1 and 65535"],
    ["STORE_PORT", "-1", "it must be a port number between 1 and 65535"],
    ["POD_IP", "10.0.0", "it must be an IP address"],
    ["POD_NAME", "a/b", "it must be a pod's name"],
    ["VERSION", "2", "it must be v and a number, such as v1"],
    [
      "REGISTRY_URL",
      "registry:8081",
      "it must be a URL without a path, such as http://registry:8081",
    ],
    [
      "MESH_URL",
      "http://gateway/path",
      "it must be a URL without a path, such as http://gateway:8080",
    ],
    ["MESH_URL", undefined, "it must be a URL without a path, such as http://gateway:8080"],
    [
      "MESH_URL",
      "http://gateway:99999",
      "it must be a URL without a path, such as http://gateway:8080",
    ],
    ["STORE_HOST", "", "it must be the store's host name, such as store"],
    ["STORE_HOST", "a b", "it must be a host name or an IP address"],
  ];
  for (const [name, value, must] of wrong) {
    it(`says in one line that ${name} can't be ${JSON.stringify(value)}`, () => {
      const is = value ? `is ${JSON.stringify(value)}` : "isn't set";
      assert.throws(() => readEnvironment(variables, { ...needed, [name]: value }), {
        name: "EnvironmentError",
        message: `${name} ${is}; ${must}`,
      });
    });
  }
});
