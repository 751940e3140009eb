# Situations of docs/diff.md: see library.sh.

#: portolan diff monday.jsonl tuesday.jsonl
lines() {
    printf '%s\n' '{"schema":"portolan.scan/1","event":"start","startedAt":"2026-11-20T00:00:00Z","args":["portolan","scan","198.18.0.2"],"mode":"raw","scans":[{"type":"syn","protocol":"tcp","ports":"80,2222,8000-8099"}]}' \
        "$@" '{"event":"host","address":"198.18.0.2","status":"up","complete":true,"counts":[{"protocol":"tcp","state":"closed","reason":"reset","count":100}]}' \
        '{"event":"end","hostsTotal":1,"complete":true,"missRateBound":0}'
}
open() { echo '{"event":"port","address":"198.18.0.2","protocol":"tcp","port":'"$1"',"state":"open","reason":"syn-ack"'"$2"'}'; }
ssh() { echo ',"identified":{"protocol":"ssh","product":"OpenSSH","version":"'"$1"'","info":"protocol 2.0"}'; }
lines "$(open 80)" "$(open 2222 "$(ssh 9.2p1)")" >monday.jsonl
lines "$(open 8080 ',"identified":{"protocol":"http","product":"nginx","version":"1.22.1"}')" "$(open 2222 "$(ssh 9.6p1)")" >tuesday.jsonl

#: portolan diff old.list new.list
printf '%s\n' '#masscan' 'open tcp 22 198.18.0.2 1795231926' 'open tcp 80 198.18.0.2 1795231926' '# end' >old.list
printf '%s\n' '#masscan' 'open tcp 80 198.18.0.2 1795331926' 'open tcp 443 198.18.0.2 1795331926' '# end' >new.list

#: portolan diff old.list new.list --ports 1-1000
printf '%s\n' '#masscan' 'open tcp 22 198.18.0.2 1795231926' 'open tcp 80 198.18.0.2 1795231926' '# end' >old.list
printf '%s\n' '#masscan' 'open tcp 80 198.18.0.2 1795331926' 'open tcp 443 198.18.0.2 1795331926' '# end' >new.list

#: portolan diff baseline.jsonl new.jsonl --fail-on opened,expiring
#exit 1
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
portolan scan -sT -n -p 80,2222,8000-8099 198.18.0.2 --json >baseline.jsonl
on target serve nginx tcp/any/8080
portolan scan -sT -n -p 80,2222,8000-8099 198.18.0.2 --json >new.jsonl

#: portolan diff before.json after.json
row() { echo '{"port":'"$1"',"protocol":"tcp","binds":[{"address":"'"$3"'","family":"ipv4","dualStack":false,"interface":null}],"owner":{"kind":"process","name":"'"$2"'","activatedBy":null},"exposure":"'"$4"'","verdict":{"summary":null,"rule":'"$5"'},"namespace":null}'; }
chart() { echo '{"schema":"portolan.chart/1","takenAt":"2026-11-20T00:00:00Z","host":"web-3","complete":true,"missing":[],"ports":['"$1"'],"unseenNamespaces":0}'; }
rule='"inet filter input handle 7"'
chart "$(row 9090 prometheus 127.0.0.1 local null)" >before.json
chart "$(row 8080 node 0.0.0.0 reachable "$rule"),$(row 9090 prometheus 0.0.0.0 reachable "$rule")" >after.json
