import { PolicyPack } from "@pulumi/policy";
import { policyOf } from "./policy.ts";
import { rules } from "./rules/index.ts";
import { Seen } from "./seen.ts";

const seen = new Seen();
new PolicyPack("micromesh", { policies: rules.map((rule) => policyOf(rule, seen)) });
