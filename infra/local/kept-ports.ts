import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The ports that services had in the last run, so that their addresses stay the same across starts. */
export class KeptPorts {
  private readonly file: string;
  private readonly ports: Record<string, number>;

  private constructor(file: string, ports: Record<string, number>) {
    this.file = file;
    this.ports = ports;
  }

  static async open(stateDir: string): Promise<KeptPorts> {
    const file = path.join(stateDir, 'ports.json');
    return new KeptPorts(file, await readPorts(file));
  }

  /** Starts a service on the port of the last run, or on a free one (0) if that port is taken. */
  async start<T extends { readonly url: string }>(
    name: string,
    start: (port: number) => Promise<T>,
  ): Promise<T> {
    const kept = this.ports[name] ?? 0;
    const service = await start(kept).catch((error: NodeJS.ErrnoException) => {
      if (kept === 0 || error.code !== 'EADDRINUSE') throw error;
      return start(0);
    });
    this.ports[name] = Number(new URL(service.url).port);
    return service;
  }

  async save(): Promise<void> {
    await writeFile(this.file, JSON.stringify(this.ports));
  }
}

/** If the file is missing or damaged, only the addresses change. */
async function readPorts(file: string): Promise<Record<string, number>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
