/** How many connections this pod has open, by where they lead. */
export class OpenConnections {
  private readonly counts = new Map<string, number>();

  count(where: string): number {
    return this.counts.get(where) ?? 0;
  }

  /** @returns to be called when the connection is closed, or didn't come about; a second call does nothing */
  add(where: string): () => void {
    this.counts.set(where, this.count(where) + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = this.count(where) - 1;
      if (left > 0) this.counts.set(where, left);
      else this.counts.delete(where);
    };
  }
}
