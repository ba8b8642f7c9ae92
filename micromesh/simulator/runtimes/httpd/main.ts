import os from "node:os";
import { parseCommand } from "./command.ts";
import { compileConfig } from "./compile.ts";
import { configFiles } from "./config-files.ts";
import { LogFiles } from "./log-files.ts";
import { HttpdServer, ListenError } from "./server.ts";
import { ConfigError } from "./source.ts";
import { readConfig } from "./syntax.ts";

/** The release taken for granted where the image's HTTPD_VERSION isn't set. */
const VERSION = "2.4.65";

/** Runs httpd till a signal ends it. Resolves with the exit code. */
async function main(argv: readonly string[], env = process.env): Promise<number> {
  const complain = (text: string) => process.stderr.write(`${text}\n`);
  const version = env.HTTPD_VERSION ?? VERSION;
  try {
    const command = parseCommand(argv);
    if (command.version) {
      process.stdout.write(`Server version: Apache/${version} (Unix)\n`);
      return 0;
    }
    const file = command.file.startsWith("/") ? command.file : `${command.root}/${command.file}`;
    const source = readConfig(file, configFiles, {
      env,
      defines: command.defines,
      serverRoot: command.root,
    });
    const config = compileConfig(source);
    const hostname = os.hostname();
    if (config.main.name === undefined)
      complain(
        `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${hostname}. Set the 'ServerName' directive globally to suppress this message`,
      );
    if (command.check) {
      complain("Syntax OK");
      return 0;
    }
    const logs = new LogFiles(config.serverRoot);
    for (const server of [config.main, ...config.virtualHosts])
      for (const target of [server.errorLog, ...server.accessLogs.map((log) => log.target)])
        openLog(logs, target);
    const server = new HttpdServer(config, { version, hostname, logs });
    await server.start();
    for (const note of config.notes) server.log("core", "warn", note);
    server.log(
      "mpm_event",
      "notice",
      `AH00489: Apache/${version} (Unix) configured -- resuming normal operations`,
    );
    server.log("core", "notice", "AH00094: Command line: 'httpd -D FOREGROUND'");
    const signal = await firstSignal(["SIGTERM", "SIGWINCH", "SIGINT"]);
    server.log("mpm_event", "notice", `AH00492: caught ${signal}, shutting down gracefully`);
    await server.stop();
    logs.close();
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) complain(error.line === 0 ? error.message : error.report());
    else if (error instanceof ListenError || error instanceof Error) complain(error.message);
    else throw error;
    return 1;
  }
}

function openLog(logs: LogFiles, target: string): void {
  try {
    logs.open(target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === "ENOENT"
        ? "(2)No such file or directory"
        : code === "EACCES"
          ? "(13)Permission denied"
          : (error as Error).message;
    throw new Error(
      `${reason}: AH00091: httpd: could not open error log file ${target}.\nAH00015: Unable to open logs`,
    );
  }
}

function firstSignal(signals: NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
}

main(process.argv.slice(2)).then((code) => process.exit(code));
