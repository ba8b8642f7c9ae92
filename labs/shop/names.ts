/** A product that the catalog has, and that scenario `catalog-failing` makes fail. */
export const FAILING_PRODUCT = "p-9";
/** A product that nothing befalls. */
export const PRODUCT = "p-1";
/** Who shops in the probes. */
export const USER = "probe";
/** Who has nothing to do with it. */
export const STRANGER = "grace";
