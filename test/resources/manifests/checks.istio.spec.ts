/** What Istio's Gateways and VirtualServices must be. */
import { describeKind } from "./describe-kind.ts";

describe("what a manifest's object of Istio must be", () => {
  describeKind(
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
      },
    },
    [
      ["spec.selector.istio", 1, "spec.selector.istio is 1; it must be text: put it in quotes"],
      ["spec.servers", {}, "spec.servers is {}; it must be a list"],
      [
        "spec.servers.0.port",
        undefined,
        "spec.servers[0].port is missing; write {number, name, protocol}",
      ],
      ["spec.servers.0.port", 80, "spec.servers[0].port is 80; it must be an object"],
      [
        "spec.servers.0.port.number",
        0,
        "spec.servers[0].port.number is 0; write a whole number, 1 to 65535",
      ],
      [
        "spec.servers.0.port.name",
        1,
        "spec.servers[0].port.name is 1; it must be text: put it in quotes",
      ],
      [
        "spec.servers.0.port.protocol",
        1,
        "spec.servers[0].port.protocol is 1; it must be text: put it in quotes",
      ],
      [
        "spec.servers.0.hosts",
        undefined,
        'spec.servers[0].hosts is empty; write host names, or "*"',
      ],
      ["spec.servers.0.hosts", [], 'spec.servers[0].hosts is empty; write host names, or "*"'],
      [
        "spec.servers.0.hosts",
        [7],
        "spec.servers[0].hosts[0] is 7; it must be text: put it in quotes",
      ],
    ],
  );

  const destination = { host: "web", subset: "v1", port: { number: 80 } };
  describeKind(
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      spec: {
        hosts: ["a.example"],
        gateways: ["mesh"],
        http: [
          {
            match: [{ port: 80, gateways: ["mesh"] }],
            route: [{ destination, weight: 100 }],
            mirror: { host: "web" },
          },
        ],
        tls: [{ match: [{ sniHosts: ["a.example"] }], route: [{ destination }] }],
        tcp: [{ route: [{ destination }] }],
      },
    },
    [
      ["spec.hosts", "a.example", 'spec.hosts is "a.example"; it must be a list'],
      ["spec.hosts", [""], "spec.hosts[0] is empty; remove the item"],
      ["spec.gateways", [1], "spec.gateways[0] is 1; it must be text: put it in quotes"],
      ["spec.exportTo", "*", 'spec.exportTo is "*"; it must be a list'],
      ["spec.http", {}, "spec.http is {}; it must be a list"],
      ["spec.http.0.match", {}, "spec.http[0].match is {}; it must be a list"],
      [
        "spec.http.0.match.0.port",
        "80",
        'spec.http[0].match[0].port is "80"; write a number without quotes, 1 to 65535',
      ],
      [
        "spec.http.0.match.0.gateways",
        "mesh",
        'spec.http[0].match[0].gateways is "mesh"; it must be a list',
      ],
      [
        "spec.http.0.route.0.weight",
        -1,
        "spec.http[0].route[0].weight is -1; write a whole number, 0 or more",
      ],
      [
        "spec.http.0.route.0.destination",
        undefined,
        "spec.http[0].route[0].destination.host is missing; name the Service",
      ],
      [
        "spec.http.0.route.0.destination",
        "web",
        'spec.http[0].route[0].destination is "web"; it must be an object',
      ],
      [
        "spec.http.0.route.0.destination.subset",
        1,
        "spec.http[0].route[0].destination.subset is 1; it must be text: put it in quotes",
      ],
      [
        "spec.http.0.route.0.destination.port",
        80,
        "spec.http[0].route[0].destination.port is 80; it must be an object",
      ],
      [
        "spec.http.0.mirror.host",
        1,
        "spec.http[0].mirror.host is 1; it must be text: put it in quotes",
      ],
      ["spec.http.0.redirect", "/", 'spec.http[0].redirect is "/"; it must be an object'],
      [
        "spec.tls.0.match.0.sniHosts",
        "x",
        'spec.tls[0].match[0].sniHosts is "x"; it must be a list',
      ],
      [
        "spec.tcp.0.route.0.destination.port.number",
        0,
        "spec.tcp[0].route[0].destination.port.number is 0; write a whole number, 1 to 65535",
      ],
    ],
  );
});
