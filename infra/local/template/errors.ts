/** The synthesized template asks for something that the local run cannot do; the message names the resource. */
export class TemplateError extends Error {
  readonly code = 'template-unsupported';
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`);
    this.name = 'TemplateError';
  }
}
