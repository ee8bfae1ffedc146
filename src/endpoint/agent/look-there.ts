import { SyncError } from "../../base/errors.ts";
import type { AgentEndpoint } from "./remote.ts";

/**
 * Looks at the first place of a line. The question travels with the login that makes the line; where there is nobody to ask,
 * `login` rejects and knows best why.
 */
export async function lookThere(
  endpoint: AgentEndpoint,
  login: () => Promise<unknown>,
): Promise<void> {
  endpoint.remote.line.live();
  const looked = endpoint.root();
  looked.catch(() => {});
  try {
    await login();
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== "ENDPOINT_LOST") throw error;
    // The question is asked again over another line.
  }
  await looked;
}
