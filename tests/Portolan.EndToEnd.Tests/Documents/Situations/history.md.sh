# Situations of docs/history.md: see library.sh.

#: portolan history import monday.jsonl tuesday.jsonl
export TZ=UTC XDG_STATE_HOME=$PWD
lines() {
    printf '%s\n' '{"schema":"portolan.scan/1","event":"start","startedAt":"'"$1"'T03:00:00Z","args":["portolan","scan","198.18.0.2"],"mode":"raw","scans":[{"type":"syn","protocol":"tcp","ports":"80,443,8080"}]}'
    shift
    printf '%s\n' "$@" '{"event":"host","address":"198.18.0.2","status":"up","complete":true,"counts":[{"protocol":"tcp","state":"closed","reason":"reset","count":2}]}' \
        '{"event":"end","hostsTotal":1,"complete":true,"missRateBound":0}'
}
open() { echo '{"event":"port","address":"198.18.0.2","protocol":"tcp","port":'"$1"',"state":"open","reason":"syn-ack"}'; }
lines 2026-11-23 "$(open 443)" >monday.jsonl
lines 2026-11-24 "$(open 443)" "$(open 8080)" >tuesday.jsonl
