/** draw: chooses a server for a list, each with a probability of its weight. */

/** `random` is in [0, 1). Null when nothing can be drawn: no server, or none with a weight. */
export function draw<Server extends { readonly weight: number }>(
  servers: readonly Server[],
  random: number,
): Server | null {
  const total = servers.reduce((sum, server) => sum + server.weight, 0);
  let rest = random * total;
  for (const server of servers) {
    if (server.weight > 0 && rest < server.weight) return server;
    rest -= server.weight;
  }
  return null;
}
