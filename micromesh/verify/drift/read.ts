import type { KubernetesObject } from "../../resources/declared.ts";
import type { Cluster } from "../live/cluster.ts";
import { apiProblem, httpStatus } from "../live/problems.ts";
import type { RawApi } from "../live/raw-api.ts";
import type { Declared } from "./declared.ts";
import type { Found } from "./differences.ts";
import { type Listing, listingsFor, type ServedKind, wantedVersions } from "./listings.ts";

/** So many lists are asked for at once. */
const AT_ONCE = 8;
/** Objects of one answer, at most; more are asked for page by page. */
const PAGE = "500";

/**
 * Reads what a comparison needs: a list for each kind and namespace.
 * @throws ProbeError where the cluster doesn't answer, or knows nobody by these credentials
 */
export async function readCluster({ raw }: Cluster, declared: Declared): Promise<Found> {
  const preferred = await preferredVersions(raw);
  const versions = wantedVersions(declared, preferred);
  const served = (await inTurn(versions, (version) => kindsOf(raw, version))).flat();
  const found: Found = { objects: [], served, unreadable: [] };
  await inTurn(listingsFor(declared, served, preferred), async (listing) => {
    try {
      found.objects.push(...(await objectsOf(raw, listing)));
    } catch (error) {
      const { plural, apiVersion } = listing.served;
      const [group, version] = apiVersion.split("/");
      const resource = version === undefined ? plural : `${plural}.${group}`;
      const where = listing.namespace === undefined ? "" : ` in ${listing.namespace}`;
      const { message } = apiProblem(error, `list ${plural}${where}`, `list ${resource}`);
      found.unreadable.push({ listing, why: message });
    }
  });
  return found;
}

async function preferredVersions(raw: RawApi): Promise<Map<string, string>> {
  const { groups = [] } = (await raw.get("/apis").catch((error) => {
    throw apiProblem(error, "ask which kinds the cluster knows", "get /apis");
  })) as { groups?: { name: string; preferredVersion: { groupVersion: string } }[] };
  return new Map(groups.map(({ name, preferredVersion }) => [name, preferredVersion.groupVersion]));
}

/** None where the cluster doesn't have the version. */
async function kindsOf(raw: RawApi, apiVersion: string): Promise<ServedKind[]> {
  const { resources = [] } = (await raw.get(versionPath(apiVersion)).catch((error) => {
    if (httpStatus(error) === 404) return {};
    throw apiProblem(error, `ask which kinds ${apiVersion} has`, `get ${versionPath(apiVersion)}`);
  })) as { resources?: { name: string; kind: string; namespaced: boolean }[] };
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, kind, namespaced }) => ({ apiVersion, kind, plural: name, namespaced }));
}

async function objectsOf(
  raw: RawApi,
  { served: { apiVersion, kind, plural }, namespace }: Listing,
): Promise<KubernetesObject[]> {
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  const objects: KubernetesObject[] = [];
  let next: string | undefined;
  do {
    const { items = [], metadata = {} } = (await raw.get(
      `${versionPath(apiVersion)}${scope}/${plural}`,
      { limit: PAGE, ...(next && { continue: next }) },
    )) as {
      items?: Omit<KubernetesObject, "apiVersion" | "kind">[];
      metadata?: { continue?: string };
    };
    // Items of a list don't say what they are.
    objects.push(...items.map((item) => ({ ...item, apiVersion, kind }) as KubernetesObject));
    next = metadata.continue;
  } while (next);
  return objects;
}

function versionPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

async function inTurn<T, Result>(list: T[], work: (one: T) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < list.length; i += AT_ONCE) {
    results.push(...(await Promise.all(list.slice(i, i + AT_ONCE).map(work))));
  }
  return results;
}
