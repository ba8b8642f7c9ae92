/** The pack's rules, in the order in which they are listed. */
import type { Rule } from "../rule.ts";
import { encryptedDisks } from "./encrypted-disks.ts";
import { enforcedPolicies } from "./enforced-policies.ts";
import { imdsv2 } from "./imdsv2.ts";
import { isolatedNamespaces } from "./isolated-namespaces.ts";
import { noLatestTags } from "./no-latest-tags.ts";
import { noPlainSecrets } from "./no-plain-secrets.ts";
import { noPublicAdmin } from "./no-public-admin.ts";
import { nonRootWorkloads } from "./non-root-workloads.ts";
import { protectedData } from "./protected-data.ts";
import { workloadLimits } from "./workload-limits.ts";

export const rules: readonly Rule[] = [
  noPublicAdmin,
  encryptedDisks,
  imdsv2,
  noLatestTags,
  workloadLimits,
  nonRootWorkloads,
  isolatedNamespaces,
  enforcedPolicies,
  noPlainSecrets,
  protectedData,
];
