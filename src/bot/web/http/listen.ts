import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { StartupError } from "../../../base/errors.js";

/**
 * Resolves with the port that the server listens on.
 * @throws {StartupError} naming the variable when the address cannot be had
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(startupError(error, host, port));
    server.once("error", fail);
    server.listen({ host, port }, () => {
      server.off("error", fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function startupError(error: NodeJS.ErrnoException, host: string, port: number): StartupError {
  if (error.code === "EADDRINUSE") {
    return new StartupError(
      `HTTP_PORT: port ${port} is in use on ${host}; stop what uses it, or set another port`,
      error,
    );
  }
  if (error.code === "EACCES") {
    return new StartupError(`HTTP_PORT: port ${port} may not be opened by this user; set one above 1023`, error);
  }
  const why = error.code ?? error.message;
  return new StartupError(
    `HTTP_HOST: cannot listen on ${host} (${why}); set an address of this machine, as 127.0.0.1`,
    error,
  );
}
