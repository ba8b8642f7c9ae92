/** Where the official image has its files. */
const SERVER_ROOT = "/usr/local/apache2";

export interface CommandLine {
  file: string;
  root: string;
  defines: string[];
  /** `-t`: only check the configuration. */
  check: boolean;
  version: boolean;
}

/**
 * The image's command: `httpd-foreground`, or `httpd` with its options `-f FILE`, `-d ROOT`,
 * `-D NAME`, `-t`, `-v`, `-X`, `-k start`.
 *
 * @throws Error in one line for an option it doesn't have.
 */
export function parseCommand(argv: readonly string[]): CommandLine {
  const command: CommandLine = {
    file: "conf/httpd.conf",
    root: SERVER_ROOT,
    defines: [],
    check: false,
    version: false,
  };
  const words = [...argv];
  const program = words[0]?.split("/").at(-1);
  if (program && /^(?:httpd-foreground|httpd|apache2|apachectl|apache2ctl)$/.test(program))
    words.shift();
  while (words.length > 0) {
    const option = words.shift() as string;
    const value = () => {
      const next = option.length > 2 ? option.slice(2) : words.shift();
      if (next === undefined) throw new Error(`httpd: option requires an argument -- ${option[1]}`);
      return next;
    };
    switch (option.slice(0, 2)) {
      case "-f":
        command.file = value();
        break;
      case "-d":
        command.root = value();
        break;
      case "-D":
        command.defines.push(value());
        break;
      case "-k": {
        const action = value();
        if (action !== "start")
          throw new Error(`httpd: -k ${action} is not supported here; send a signal`);
        break;
      }
      case "-t":
        command.check = true;
        break;
      case "-v":
      case "-V":
        command.version = true;
        break;
      case "-X":
        break;
      default:
        throw new Error(`httpd: illegal option -- ${option}; known are -f -d -D -t -v -X -k start`);
    }
  }
  return command;
}
