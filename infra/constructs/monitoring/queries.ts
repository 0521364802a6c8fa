/** CloudWatch Logs Insights queries by name. A test checks that the functions log every field. */
export const functionLogQueries = {
  // The id is in raw_files; an upload without a row is found by its key.
  'follow one file': `fields @timestamp, service, message, rawFileId, objectKey, status, errorCode, function_request_id
| filter rawFileId = "1" or objectKey like /PART-OF-THE-FILE-NAME/
| sort @timestamp
| limit 200`,
  'the last files': `filter message like /^normalization complete/ or message in ["normalization failed", "file ignored"]
    or message = "raw file registered" and status = "duplicate"
| fields @timestamp, rawFileId, source, objectKey, message, errorCode, intervalsInserted
| sort @timestamp desc
| limit 20`,
  'failures by reason': `filter message = "normalization failed"
| stats count(*) as files, latest(rawFileId) as lastRawFileId, latest(errorMessage) as lastMessage by errorCode
| sort files desc`,
  'slowest files': `filter ispresent(NormalizeDurationMs)
| fields @timestamp, rawFileId, NormalizeDurationMs, RowsRead, BytesRead, UploadToQueryableSeconds
| sort NormalizeDurationMs desc
| limit 20`,
  'rejected rows by reason': `filter ispresent(RejectedRows) and ispresent(reason)
| stats sum(RejectedRows) as rows, count(*) as files by reason
| sort rows desc`,
  'failed attempts': `filter level in ["WARN", "ERROR"]
| fields @timestamp, service, message, error.name, error.message, function_request_id
| sort @timestamp desc
| limit 100`,
  'what the sweep found': `filter message in ["sweep complete", "object registered by the sweep", "upload requested but never came"]
| fields @timestamp, message, objectKey, source, unregisteredObjects, stuckFiles, presignedNotUploaded, deadLettersHandled
| sort @timestamp desc
| limit 100`,
} as const;

export const accessLogQueries = {
  'requests by route and status': `stats count(*) as requests, avg(responseLatencyMs) as averageMs by routeKey, status
| sort requests desc`,
  'rejected clients': `filter status = 401
| stats count(*) as requests by sourceIp, userAgent
| sort requests desc`,
} as const;
