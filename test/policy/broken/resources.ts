/** One resource for each rule, as a program gives it to Pulumi, that breaks it and no other. */

export interface Broken {
  /** Name of the rule. */
  rule: string;
  type: string;
  inputs: Record<string, unknown>;
  /** What the rule says of it. */
  says: string;
}

const container = {
  name: "web",
  image: "docker.io/library/httpd:2.4.65-alpine",
  resources: { limits: { cpu: "500m", memory: "64Mi" } },
  securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false },
};

/** A Deployment of one container, which is well but for what is given. */
function deployment(changes: object): Pick<Broken, "type" | "inputs"> {
  return {
    type: "kubernetes:apps/v1:Deployment",
    inputs: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "default" },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ ...container, ...changes }] },
        },
      },
    },
  };
}

export const broken: readonly Broken[] = [
  {
    rule: "no-public-admin",
    type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    inputs: {
      securityGroupId: "sg-1",
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      cidrIpv4: "0.0.0.0/0",
    },
    says: "port 22 (SSH) is open to 0.0.0.0/0; name the networks that administrators come from",
  },
  {
    rule: "encrypted-disks",
    type: "aws:ec2/launchTemplate:LaunchTemplate",
    inputs: {
      blockDeviceMappings: [{ deviceName: "/dev/sda1", ebs: { volumeSize: 30 } }],
      metadataOptions: { httpTokens: "required" },
    },
    says: "blockDeviceMappings[0].ebs.encrypted isn't true: the disk isn't encrypted for certain; set it",
  },
  {
    rule: "imdsv2",
    type: "aws:ec2/launchTemplate:LaunchTemplate",
    inputs: {
      blockDeviceMappings: [{ deviceName: "/dev/sda1", ebs: { encrypted: "true" } }],
      metadataOptions: { httpTokens: "optional" },
    },
    says: 'metadataOptions.httpTokens is "optional", so IMDSv1 answers too; set it to required',
  },
  {
    rule: "no-latest-tags",
    ...deployment({ image: "docker.io/library/httpd:latest" }),
    says: "container web: image docker.io/library/httpd:latest changes under its tag; name a version or a digest",
  },
  {
    rule: "workload-limits",
    ...deployment({ resources: { limits: { cpu: "500m" } } }),
    says: "container web has no memory limit; set spec.template.spec.containers[0].resources.limits.memory",
  },
  {
    rule: "non-root-workloads",
    ...deployment({ securityContext: { allowPrivilegeEscalation: false } }),
    says: "container web may run as root; set spec.template.spec.containers[0].securityContext.runAsNonRoot to true",
  },
  {
    rule: "isolated-namespaces",
    type: "kubernetes:core/v1:Namespace",
    inputs: { apiVersion: "v1", kind: "Namespace", metadata: { name: "open" } },
    says: "namespace open lets pods of other namespaces in; add a NetworkPolicy with podSelector {} and policyTypes [Ingress], or put the name, with a reason, in exemptNamespaces",
  },
  {
    rule: "enforced-policies",
    type: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    inputs: {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "isolate", namespace: "default" },
      spec: { podSelector: {}, policyTypes: ["Ingress"] },
    },
    says: "nothing enforces it (cni: none: no policy is enforced); use cni.kind cilium, or existing with enforcesNetworkPolicy: true, or take the policy away",
  },
  {
    rule: "no-plain-secrets",
    type: "command:local:Command",
    inputs: { create: "true", environment: { K3S_TOKEN: "correct-horse-battery-staple" } },
    says: "environment.K3S_TOKEN holds a value for K3S_TOKEN, in plain; make it a Pulumi secret (pulumi.secret, config --secret)",
  },
  {
    rule: "protected-data",
    type: "aws:ebs/volume:Volume",
    inputs: { availabilityZone: "eu-central-1a", size: 10, encrypted: true },
    says: 'Volume breaks-protected-data holds data and isn\'t protected; set the option protect, or put "Volume breaks-protected-data", with a reason, in disposable',
  },
];
