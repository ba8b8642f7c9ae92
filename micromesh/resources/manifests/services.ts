/** What the API server rejects in Services. */
import { type Checker, type Fields, isEmpty, isSet } from "../checker.ts";
import { isDnsLabel, isPortName } from "../names.ts";
import { checkLabels } from "./labels.ts";
import { notPortName, PROTOCOLS, unique } from "./pods.ts";

const TYPES = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
export function checkService(check: Checker, spec: Fields, field: string): void {
  check.oneOf(spec.type, TYPES, `${field}.type`);
  checkLabels(check, spec.selector, `${field}.selector`);
  check.text(spec.clusterIP, `${field}.clusterIP`);
  if (spec.type === "ExternalName") {
    check.requiredText(spec.externalName, `${field}.externalName`, "write a host name");
  } else {
    check.text(spec.externalName, `${field}.externalName`);
  }
  const ports = [...check.each(spec.ports, `${field}.ports`)];
  const mayHaveNone = spec.type === "ExternalName" || spec.clusterIP === "None";
  if (isEmpty(spec.ports) && !mayHaveNone) {
    check.report(`${field}.ports`, "is empty; give at least one port");
  }
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [port, place] of ports) {
    checkServicePort(check, port, place);
    const name = check.text(port.name, `${place}.name`);
    if (name) {
      if (!isDnsLabel(name))
        check.report(
          `${place}.name`,
          `is ${check.show(name, `${place}.name`)}; write lower-case letters, digits and -, 63 at most`,
        );
      unique(check, names, name, `${place}.name`, "port of the Service");
    } else if (ports.length > 1 && !isSet(port.name)) {
      check.reportClear(`${place}.name`, "is missing; of several ports each needs a name");
    }
    const number = `${port.port}/${port.protocol ?? "TCP"}`;
    if (numbers.has(number))
      check.report(`${place}.port`, `is ${number} a second time; remove one`);
    numbers.add(number);
  }
}

function checkServicePort(check: Checker, port: Fields, field: string): void {
  check.port(port.port, `${field}.port`);
  check.oneOf(port.protocol, PROTOCOLS, `${field}.protocol`);
  check.text(port.appProtocol, `${field}.appProtocol`);
  check.integer(port.nodePort, `${field}.nodePort`, 0, 65535);
  const target = port.targetPort;
  if (typeof target !== "string") {
    // 0 is as good as none: the API's own default.
    if (target !== 0) check.integer(target, `${field}.targetPort`, 1, 65535);
  } else if (target !== "" && !isPortName(target)) {
    const mend = /^[0-9]+$/.test(target)
      ? `is ${check.show(target, `${field}.targetPort`)}; write the number without quotes`
      : notPortName(check, target, `${field}.targetPort`);
    check.report(`${field}.targetPort`, mend);
  }
}
