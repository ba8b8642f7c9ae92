/** What the environment tells the shop's programs, besides what every replica is told. */
import * as z from "zod";
import { baseUrl, port, replicaVariables } from "../../runtime/environment.ts";

/** Every service's variables. */
export const serviceVariables = {
  ...replicaVariables,
  /** The registry; without it the replica tells nobody that it is there. */
  REGISTRY_URL: baseUrl("http://registry:8081").optional(),
};

/** Of a service that calls others: the gateway. */
export const meshVariables = { MESH_URL: baseUrl("http://gateway:8080") };

/** Of a service that keeps something: the Redis store. */
export const storeVariables = {
  STORE_HOST: z
    .string({ error: "it must be the store's host name, such as store" })
    .regex(/^[A-Za-z0-9._:-]{1,253}$/, { error: "it must be a host name or an IP address" }),
  /** Default 6379. */
  STORE_PORT: port(6379),
};
