/**
 * Milliseconds that work in hand may take to stop once there is nobody left to do it for. No more than a client waits before it
 * logs in again: two agents would do the same work twice.
 */
export const graceMs = 500;
