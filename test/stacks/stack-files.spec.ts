import assert from "node:assert/strict";
import { root } from "../../micromesh/cli/options.ts";
import { capture } from "../../micromesh/resources/capture.ts";
import type { Declaration, DeclaredResource } from "../../micromesh/resources/declared.ts";
import { ProgramProcess } from "../../micromesh/resources/program-process.ts";
import { stackOutputs } from "../../stacks/outputs.ts";

const STACKS = ["dev", "staging", "prod"];
const LABS = ["counter", "items", "router", "shop"];

describe("the stacks of this repository", () => {
  const program = new ProgramProcess(root);
  const declared: Record<string, Declaration> = {};
  before(async function () {
    this.timeout(120_000);
    for (const stack of STACKS) declared[stack] = await capture({ root, stack }, program);
  });
  after(() => program.close());

  const of = (stack: string, type: string): DeclaredResource[] =>
    declared[stack]?.resources.filter((resource) => resource.type === type) ?? [];
  const one = (stack: string, type: string): DeclaredResource => {
    const found = of(stack, type);
    assert.equal(found.length, 1, `${stack} has ${found.length} of ${type}`);
    return found[0] as DeclaredResource;
  };

  it("are minikube, K3s on a host, and K3s on EC2, with the same network, mesh, ingress and labs", () => {
    for (const stack of STACKS) {
      const outputs = stackOutputs.parse(declared[stack]?.outputs);
      assert.deepEqual(Object.keys(outputs.labs).sort(), LABS, stack);
      for (const part of ["cni:Cilium", "mesh:Istio", "ingress:Traefik"]) {
        one(stack, `micromesh:${part}`);
      }
    }
    one("dev", "micromesh:clusters:Minikube");
    one("staging", "micromesh:clusters:K3s");
    one("prod", "micromesh:clusters:K3s");
    one("prod", "micromesh:clusters:Ec2Hosts");
    assert.deepEqual(of("staging", "micromesh:clusters:Ec2Hosts"), []);
  });

  it("ask AWS for something in prod only", () => {
    for (const stack of STACKS) {
      const ofAws = declared[stack]?.resources.some(({ type }) => type.startsWith("aws:"));
      assert.equal(ofAws, stack === "prod", stack);
    }
  });

  it("reach the labs by their address, where the machine has one", () => {
    const endpointsOf = (stack: string) =>
      declared[stack]?.outputs.endpoints as Record<string, unknown>;
    const traefik = { namespace: "a-ingress-traefik", service: "traefik", port: 80 };
    const api = { namespace: "items", service: "api", port: 8090 };
    assert.deepEqual(
      STACKS.map((stack) => [endpointsOf(stack)["pippo.lan"], endpointsOf(stack)["items.lan"]]),
      [
        [
          { via: "service", ...traefik },
          { via: "load-balancer", ...api },
        ],
        [
          { via: "load-balancer", ...traefik },
          { via: "load-balancer", ...api },
        ],
        // The Elastic IP; behind it 80 and 443 alone are open.
        [
          { via: "url", url: "http://192.0.2.1" },
          { via: "service", ...api },
        ],
      ],
    );
  });

  it("share no network, no name of a cluster, and no name in AWS", () => {
    const clusters = STACKS.map(
      (stack) => stackOutputs.parse(declared[stack]?.outputs).cluster.name,
    );
    assert.deepEqual(clusters, ["micromesh-dev", "micromesh-staging", "micromesh-prod"]);
    const networks = ["staging", "prod"].flatMap((stack) => {
      const { podCidr, serviceCidr } = one(stack, "micromesh:clusters:K3s").inputs;
      return [podCidr, serviceCidr];
    });
    assert.equal(new Set(networks).size, 4, networks.join(" "));
  });

  it("predict the same connections, whatever they are provisioned on", () => {
    const { dev, staging, prod } = declared;
    // Namespaces of the router are the environment's own.
    const plain = (declaration: Declaration | undefined) =>
      JSON.parse(
        JSON.stringify(declaration?.outputs.connectivity).replaceAll(
          /mesh-(dev|staging|prod)/g,
          "mesh",
        ),
      );
    assert.deepEqual(plain(staging), plain(dev));
    assert.deepEqual(plain(prod), plain(dev));
  });

  it("keep secrets secret: the kubeconfig's output, and the key to machines on EC2", () => {
    for (const stack of STACKS) {
      assert.deepEqual(declared[stack]?.secretOutputs, ["kubeconfig"], stack);
    }
    const [key] = of("prod", "tls:index/privateKey:PrivateKey");
    const privateKey = `private-key-of-${key?.name}`;
    let holders = 0;
    for (const { name, inputs, secrets } of declared.prod?.resources ?? []) {
      for (const [field, value] of Object.entries(inputs)) {
        if (!JSON.stringify(value)?.includes(privateKey)) continue;
        holders++;
        assert.ok(secrets.includes(field), `${name}: ${field} shows the private key`);
      }
    }
    assert.ok(holders > 0, "nobody holds the key: nothing is tested");
  });

  it("protect in prod what holds data: volume claims, the machine and its address; elsewhere nothing", () => {
    const kept = (stack: string) =>
      declared[stack]?.resources
        .filter(({ options }) => options.protect)
        .map(({ type }) => type.split(":").at(-1))
        .sort();
    assert.deepEqual(kept("dev"), []);
    assert.deepEqual(kept("staging"), []);
    assert.deepEqual([...new Set(kept("prod"))], ["Eip", "Instance", "PersistentVolumeClaim"]);
    for (const { name, options } of of("prod", "kubernetes:core/v1:PersistentVolumeClaim")) {
      assert.ok(options.protect, name);
    }
  });

  it("warn of what only their user can put there", () => {
    const warned = (stack: string) => declared[stack]?.warnings;
    const kept = 'which is kept for documentation: put your own there before "pulumi up"';
    assert.deepEqual(warned("dev"), []);
    assert.deepEqual(warned("staging"), [`micromesh:cluster.servers holds 192.0.2.10, ${kept}`]);
    assert.deepEqual(warned("prod"), [
      `micromesh:cluster.adminCidrs holds 203.0.113.7/32, ${kept}`,
    ]);
  });

  it("begin the names that AWS shows with their own", () => {
    const prefixes = (declared.prod?.resources ?? []).flatMap(({ type, inputs }) =>
      type.startsWith("aws:") ? [inputs.namePrefix ?? inputs.keyNamePrefix ?? []].flat() : [],
    );
    assert.ok(prefixes.length >= 2, `${prefixes}`);
    for (const prefix of prefixes) assert.match(String(prefix), /^micromesh-prod-/);
  });
});
