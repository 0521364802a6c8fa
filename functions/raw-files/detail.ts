import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { HttpError } from '../../shared/http/errors.ts';
import { countThatFit } from '../../shared/http/response-size.ts';
import type { Database } from '../../shared/storage/database.ts';
import { getRawFile, type RawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { readRawFileHistory } from '../../shared/storage/raw-files/read-raw-file-history.ts';
import { readFileAudit } from '../../shared/storage/reads/read-file-audit.ts';
import { timelineOf } from './timeline.ts';

/** A page waits for the response, and auditing every day of a file with a thousand meters and many years takes too long. */
const maxAuditedMeters = 50;

/** An archive may have ten thousand members, each with a message. */
const maxMembersBytes = 2 * 1024 ** 2;

/** GET /api/admin/smt/raw-files/{id}: everything known of one file. @throws HttpError 404 */
export async function getRawFileDetail(database: Database, id: string): Promise<ApiResponse> {
  const row = await existingRawFile(database, id);
  const { object_key: objectKey, sha256 } = row;
  const [history, audit] = await Promise.all([
    readRawFileHistory(database, { id, objectKey, sha256 }),
    readFileAudit(database, [id], maxAuditedMeters),
  ]);
  const {
    members,
    // Internal:
    lease_token,
    lease_expires_at,
    lost_attempts,
    self_contained,
    replayed_from,
    exceptional_status,
    ...file
  } = row;
  const body = {
    ok: true,
    file: {
      ...file,
      members: members.slice(0, countThatFit(members, maxMembersBytes)),
      member_count: members.length,
      esiids: history.esiids,
    },
    timeline: timelineOf(row, history),
    rejected_rows: history.rejectedRows.map((rejected) => ({
      member: rejected.member,
      line_number: rejected.lineNumber,
      reason: rejected.reason,
      row_text: rejected.rowText,
    })),
    copies: history.copies.map(({ receivedAt, ...copy }) => ({ ...copy, received_at: receivedAt })),
    audit,
    changes: history.changes.map(({ firstDate, lastDate, ...change }) => ({
      ...change,
      first_date: firstDate,
      last_date: lastDate,
    })),
  };
  return { status: 200, body };
}

/** @throws HttpError 404 */
export async function existingRawFile(database: Database, id: string): Promise<RawFile> {
  const file = await getRawFile(database, id);
  if (file === null) throw new HttpError(404, 'not-found', `There is no raw file ${id}.`);
  return file;
}
