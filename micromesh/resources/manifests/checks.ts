/** Which checks belong to which kind of object; policies have theirs where they're compiled. */
import type { Checker, Fields } from "../checker.ts";
import type { KubernetesObject } from "../declared.ts";
import { groupKind } from "../kubernetes.ts";
import {
  checkController,
  checkCronJob,
  checkJob,
  checkPod,
  checkReplicationController,
  requiredFields,
} from "./pods.ts";
import {
  checkGateway,
  checkIngress,
  checkIstioGateway,
  checkRoute,
  checkVirtualService,
} from "./routes.ts";
import { checkService } from "./services.ts";

type SpecCheck = (check: Checker, spec: Fields, field: string) => void;

/** By group and kind: versions of a kind don't differ in what's read of them. */
const SPECS: Record<string, SpecCheck> = {
  Pod: checkPod,
  ReplicationController: checkReplicationController,
  Service: checkService,
  "apps/Deployment": checkController,
  "apps/ReplicaSet": checkController,
  "apps/StatefulSet": checkController,
  "apps/DaemonSet": checkController,
  "batch/Job": checkJob,
  "batch/CronJob": checkCronJob,
  "networking.k8s.io/Ingress": checkIngress,
  "networking.istio.io/Gateway": checkIstioGateway,
  "networking.istio.io/VirtualService": checkVirtualService,
  "gateway.networking.k8s.io/Gateway": checkGateway,
  "gateway.networking.k8s.io/HTTPRoute": checkRoute,
  "gateway.networking.k8s.io/GRPCRoute": checkRoute,
  "gateway.networking.k8s.io/TLSRoute": checkRoute,
  "gateway.networking.k8s.io/TCPRoute": checkRoute,
  "gateway.networking.k8s.io/UDPRoute": checkRoute,
};

/**
 * What's wrong in an object that its API server would reject, as far as any later step reads of it. Of kinds
 * that aren't known here only `spec` is looked at: it must be an object.
 */
export function checkObject(check: Checker, object: KubernetesObject): void {
  const key = groupKind(object);
  const checkSpec = Object.hasOwn(SPECS, key) ? SPECS[key] : undefined;
  if (checkSpec) {
    const spec = requiredFields(check, object.spec, "spec");
    if (spec) checkSpec(check, spec, "spec");
  } else {
    check.fields(object.spec, "spec");
    if (key === "ConfigMap" || key === "Secret") checkData(check, object);
  }
}

function checkData(check: Checker, object: KubernetesObject): void {
  for (const field of ["data", "stringData", "binaryData"]) check.textMap(object[field], field);
}
