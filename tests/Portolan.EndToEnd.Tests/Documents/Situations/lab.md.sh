# Situations of docs/lab.md: see library.sh.

#: portolan lab list
#: portolan lab show office
#: portolan lab show office --yaml
#: portolan lab run two-browsers
#: portolan lab run two-browsers (2)
#: portolan lab run office -- bash
#: portolan lab truth scan-me
true

#: portolan lab run office -- curl https://web/
#: portolan lab run office -- nmap -sS 198.18.0.0/24
#: portolan lab run office --pcap office.pcapng -- ping -c3 web
#needs curl nmap ping
true

#: portolan lab run states --at 7 -- netstat -atn
#: portolan lab run two-browsers --at 2 -- ss -Htn state established | sort -k4
#needs netstat ss
true

#: portolan lab run udp-or-tcp --pcap - | tshark -r - -Y 'frame.comment matches "los[ts]" && tcp.len > 0' -T fields -e frame.comment -e tcp.seq
#needs tshark
#part
true

#: portolan lab check my-lab.yaml
portolan lab show office --yaml >my-lab.yaml

#: portolan lab score scan-me result.xml
portolan lab truth scan-me --xml >result.xml

#: portolan lab run campus -- nmap -n -sS -p 80 --traceroute 198.19.0.10
#needs nmap
#part
#mask \d+\.\d+ ms
true

#: portolan lab run office
#exit 130
#mask --target \d+|/\w+(?=/portolan/enter)
during() { until_true said 'hint: '; }

#: portolan lab run two-browsers --pcap - | tshark -r -
#: portolan lab run office --pcap - -- curl -s http://web/ | wireshark -k -i -
#needs tshark curl
# A wireshark without a window, which reads until the end.
wireshark() { tshark -i - >frames 2>/dev/null && test -s frames; }

#: portolan lab enter office web
#: portolan lab exec office web -- ping -c 2 pc-1
#: portolan lab exec office web -- curl http://web/
#: portolan lab exec office web -- ip -4 -o address show dev lab0
#needs ping ip curl
true
