/** The Service of the app's next version, of which there's no pod yet. */
export const NEXT_APP = "app-next";
