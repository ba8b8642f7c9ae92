/** Addresses as minikube and kubeadm hand them out by default. */
export const POD_CIDR = "10.244.0.0/16";
export const SERVICE_CIDR = "10.96.0.0/12";
export const NODE_IP = "192.168.49.2";
/** The machine outside the cluster that the front door's clients come from. */
export const OUTSIDE_IP = "192.168.49.1";
export const API_SERVER_IP = "10.96.0.1";
export const DNS_IP = "10.96.0.10";

/** Hands out addresses one after another and remembers whose they are. */
export class AddressPool {
  private readonly prefix: string;
  private next: number;
  private readonly given = new Map<string, string>();

  /** @param prefix the first two bytes, e.g. `10.244`; @param first where the other two start */
  constructor(prefix: string, first: number) {
    this.prefix = prefix;
    this.next = first;
  }

  /** The address of `owner`, the same each time until it's released. */
  of(owner: string): string {
    let address = this.given.get(owner);
    if (!address) {
      // Skip x.0 and x.255, which people take for network and broadcast.
      while ([0, 255].includes(this.next % 256)) this.next++;
      if (this.next >= 65535) throw new Error(`no address is left in ${this.prefix}.0.0/16`);
      address = `${this.prefix}.${this.next >> 8}.${this.next % 256}`;
      this.next++;
      this.given.set(owner, address);
    }
    return address;
  }

  release(owner: string): void {
    this.given.delete(owner);
  }
}
