import { fieldOf, isNot } from "../plain.ts";
import { containersOf, type PlacedContainer, type SecurityContext } from "../pods.ts";
import type { ResourceRule } from "../rule.ts";

export const nonRootWorkloads: ResourceRule = {
  of: "resource",
  name: "non-root-workloads",
  description:
    "No container runs as root, is privileged or may become more than it is: root in a container is one hole of the " +
    "kernel away from root on the node. Set runAsNonRoot: true and allowPrivilegeEscalation: false, as the restricted " +
    "Pod Security Standard does.",
  violations(resource) {
    return containersOf(resource).flatMap((placed) =>
      problems(placed).map((problem) => `${placed.title} ${problem}`),
    );
  },
};

/** What a container's own settings leave open is as the pod's are (Kubernetes API reference, SecurityContext). */
function problems({ place, pod, container }: PlacedContainer): string[] {
  const own = (key: keyof SecurityContext) => fieldOf(container.securityContext, key);
  const either = (key: keyof SecurityContext) => own(key) ?? fieldOf(pod.securityContext, key);
  const at = `${place}.securityContext`;
  return [
    ...(isNot(either("runAsNonRoot"), true)
      ? [`may run as root; set ${at}.runAsNonRoot to true`]
      : []),
    ...(either("runAsUser") === 0 ? [`runs as user 0, root; set ${at}.runAsUser to another`] : []),
    ...(own("privileged") === true ? [`is privileged; take ${at}.privileged away`] : []),
    ...(isNot(own("allowPrivilegeEscalation"), false)
      ? [`may become more than it is; set ${at}.allowPrivilegeEscalation to false`]
      : []),
  ];
}
