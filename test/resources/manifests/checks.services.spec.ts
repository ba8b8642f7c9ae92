/** What Services must be. */
import { describeKind } from "./describe-kind.ts";

describe("what a manifest's Service must be", () => {
  describeKind(
    {
      apiVersion: "v1",
      kind: "Service",
      spec: {
        type: "NodePort",
        selector: { app: "x" },
        ports: [
          { name: "http", port: 80, targetPort: "http", nodePort: 30080 },
          { name: "dns", port: 80, protocol: "UDP", targetPort: 53 },
        ],
      },
    },
    [
      [
        "spec.type",
        "Nodeport",
        'spec.type is "Nodeport"; write one of ClusterIP, NodePort, LoadBalancer, ExternalName',
      ],
      ["spec.type", "ExternalName", "spec.externalName is missing; write a host name"],
      ["spec.selector", "app", 'spec.selector is "app"; it must be an object'],
      ["spec.selector.app", 1, "spec.selector.app is 1; it must be text: put it in quotes"],
      ["spec.clusterIP", 1, "spec.clusterIP is 1; it must be text: put it in quotes"],
      ["spec.ports", undefined, "spec.ports is empty; give at least one port"],
      ["spec.ports", [], "spec.ports is empty; give at least one port"],
      ["spec.ports", { port: 80 }, 'spec.ports is {"port":80}; it must be a list'],
      ["spec.ports.0.port", undefined, "spec.ports[0].port is missing; write a port, 1 to 65535"],
      [
        "spec.ports.0.port",
        "80",
        'spec.ports[0].port is "80"; write a number without quotes, 1 to 65535',
      ],
      [
        "spec.ports.0.protocol",
        "HTTP",
        'spec.ports[0].protocol is "HTTP"; write one of TCP, UDP, SCTP',
      ],
      [
        "spec.ports.0.targetPort",
        70000,
        "spec.ports[0].targetPort is 70000; write a whole number, 1 to 65535",
      ],
      [
        "spec.ports.0.targetPort",
        "8080",
        'spec.ports[0].targetPort is "8080"; write the number without quotes',
      ],
      [
        "spec.ports.0.targetPort",
        "Http",
        'spec.ports[0].targetPort is "Http"; a port\'s name has 15 of a-z, 0-9 and - at most, and a letter',
      ],
      [
        "spec.ports.0.targetPort",
        [80],
        "spec.ports[0].targetPort is [80]; write a whole number, 1 to 65535",
      ],
      [
        "spec.ports.0.nodePort",
        70000,
        "spec.ports[0].nodePort is 70000; write a whole number, 0 to 65535",
      ],
      [
        "spec.ports.0.appProtocol",
        1,
        "spec.ports[0].appProtocol is 1; it must be text: put it in quotes",
      ],
      [
        "spec.ports.0.name",
        undefined,
        "spec.ports[0].name is missing; of several ports each needs a name",
      ],
      [
        "spec.ports.0.name",
        "dns",
        'spec.ports[1].name is "dns", as another port of the Service is; rename one',
      ],
      [
        "spec.ports.0.name",
        "Http",
        'spec.ports[0].name is "Http"; write lower-case letters, digits and -, 63 at most',
      ],
      ["spec.ports.0.name", 1, "spec.ports[0].name is 1; it must be text: put it in quotes"],
      ["spec.ports.1.protocol", "TCP", "spec.ports[1].port is 80/TCP a second time; remove one"],
    ],
    [
      ["spec", { clusterIP: "None", selector: { app: "x" } }],
      ["spec", { type: "ExternalName", externalName: "db.example" }],
      ["spec", { ports: [{ port: 80, targetPort: null }] }],
      ["spec", { ports: [{ port: 80, targetPort: 0 }] }],
      ["spec.selector", null],
    ],
  );
});
