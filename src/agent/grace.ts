/** Milliseconds that work in hand may take to stop once there is nobody left to do it for. */
export const graceMs = 500;
