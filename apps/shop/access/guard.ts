/** Who may use a route: everybody, or whoever a token says it is. */
import type { onRouteHookHandler } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import { meshAt } from "../runtime/mesh-client.ts";
import { problems } from "../runtime/schemas.ts";
import { bearerToken, insufficientScope } from "./bearer.ts";
import { knownKeys } from "./known-keys.ts";
import type { AccessSettings } from "./settings.ts";
import { type Caller, callerOf, type FindKey } from "./tokens.ts";

/** Undefined: nobody is asked. */
export type Guard = FindKey | undefined;

/**
 * So long a request waits for auth's keys, in milliseconds: it must be answered before the gateway gives up whom it
 * has asked, which isn't who is away.
 */
const PATIENCE_MS = 5000;

/** @param mesh the gateway's URL, which leads to the service auth */
export function guardBy({ required, keys }: AccessSettings, mesh: string): Guard {
  return required ? knownKeys(meshAt(mesh, {}, PATIENCE_MS), keys) : undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; undefined where nobody is asked. */
    caller: Caller | undefined;
  }
}

/**
 * Finds out for the routes that are added to `scope` from here on who asks, before anything else of the request is
 * looked at: 401 without a valid token. What they may do is the routes' to decide, by {@link mustBe}.
 */
export function guarded(scope: Service, guard: Guard): void {
  scope.decorateRequest("caller", undefined);
  if (!guard) return;
  scope.addHook("onRoute", describe);
  scope.addHook("onRequest", async (request) => {
    // Of `headers`, Node leaves all but the first one out.
    const token = bearerToken(request.raw.headersDistinct.authorization);
    request.caller = await callerOf(token, guard);
  });
}

/**
 * Lets only the user pass, and nobody's service.
 *
 * @param whose what is asked for: `the cart of ada`
 * @throws Problem 403
 */
export function mustBe(caller: Caller | undefined, user: string, whose: string): void {
  if (isOwn(caller, user)) return;
  if ("service" in caller) throw insufficientScope(caller.service);
  throw new Problem(
    403,
    `${whose} is for ${user} alone, and the token is for ${caller.user}; ` +
      `get a token by POST /auth/token?user_id=${user}`,
  );
}

/** Where nobody is asked, everything is everybody's. */
export function isOwn(caller: Caller | undefined, user: string): caller is undefined {
  return caller === undefined || ("user" in caller && caller.user === user);
}

/** That a service asks, with a token for this. */
export function mayAs(caller: Caller | undefined, scope: string): boolean {
  return caller !== undefined && "service" in caller && caller.scopes.includes(scope);
}

const SCHEME = "token";

/** Says in the OpenAPI description that a route takes a token. */
const describe: onRouteHookHandler = (route) => {
  const { response, ...schema } = route.schema ?? {};
  route.schema = {
    ...schema,
    security: [{ [SCHEME]: [] }],
    response: { ...(response as object), ...problems(400, 401, 403, 503) },
  };
  route.config = {
    ...route.config,
    swaggerTransform(input) {
      const document = (input as { openapiObject?: OpenApi }).openapiObject;
      if (document) document.components = { ...document.components, securitySchemes };
      return jsonSchemaTransform(input as Parameters<typeof jsonSchemaTransform>[0]);
    },
  };
};

interface OpenApi {
  components?: { securitySchemes?: object };
}

const securitySchemes = {
  [SCHEME]: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "What POST /auth/token answers as `access_token`",
  },
};
