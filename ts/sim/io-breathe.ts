/** Lets the event loop turn between two runs: what the addon has finished with is freed there only. Nothing inside of a run waits for it. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
