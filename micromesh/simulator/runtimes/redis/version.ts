/** The Redis version whose behaviour the embedded server follows, and which it tells clients. */
export const VERSION = "7.0.15";
