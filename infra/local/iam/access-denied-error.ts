/** No policy allows a call, or one denies it. The message is worded as AWS words it. */
export class AccessDeniedError extends Error {
  readonly code = 'access-denied';
  readonly principal: string;
  readonly action: string;
  readonly resource: string;

  /** @param deniedBy the statement that denies it; undefined where no statement allows it */
  constructor(principal: string, action: string, resource: string, deniedBy: string | undefined) {
    const reason = deniedBy ? `of an explicit deny in ${deniedBy}` : `no policy allows the ${action} action`;
    super(
      `${principal} is not authorized to perform: ${action} on resource: "${resource}" because ${reason}`,
    );
    this.name = 'AccessDeniedError';
    this.principal = principal;
    this.action = action;
    this.resource = resource;
  }
}
