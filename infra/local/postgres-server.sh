# Runs the server given as arguments for as long as standard input stays open, prints its process id, exits as it does.
# Standard input closes when the parent closes it or dies, by whatever signal: then the server shuts down, and nothing is
# left that could block the next start.
exec 3<&0
"$@" </dev/null 3<&- >&2 &
server=$!
echo "$server"
exec >&2
{ cat <&3 >/dev/null; kill -INT "$server"; } 2>/dev/null &
exec 3<&-
wait "$server"
