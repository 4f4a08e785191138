/** CPU time of this process, all its threads together, user and system: whatever else runs on the machine does not count. Microseconds, in whole ones. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
