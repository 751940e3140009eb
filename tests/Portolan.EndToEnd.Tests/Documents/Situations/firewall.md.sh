# Situations of docs/firewall.md: see library.sh.

#: portolan firewall show
#needs nft
#mask \d+(?=  nft)|(?<=never matches: )\d+
nft -f - <<'X'
table inet filter {
  set admins { type ipv4_addr; elements = { 192.0.2.7 } }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    ip saddr @admins tcp dport 22 ct state new counter packets 12 bytes 720 accept comment "ssh"
    tcp dport 80 counter accept
    ip saddr 10.0.0.0/8 accept
    ip saddr 10.1.0.0/16 tcp dport 9 accept
    icmpv6 type { 133-137 } accept
    meta l4proto { tcp, udp } th dport 53 accept
  }
}
X

#: portolan block 5432/tcp
#needs nft ssh sshd
web3_by_ssh
serve postgres tcp/any/5432
portolan() { ssh web-3 "portolan $* 2>&1"; }

#: portolan allow 5432/tcp --from 203.0.113.0/28
#needs nft ssh sshd
web3_by_ssh
serve postgres tcp/any/5432
ssh web-3 portolan block 5432/tcp >/dev/null 2>&1
portolan() { ssh web-3 "portolan $* 2>&1"; }

#: ssh -o ControlMaster=no -o ControlPath=none web-3 sudo portolan firewall confirm
#needs nft ssh sshd sudo
web3_by_ssh
serve postgres tcp/any/5432
ssh web-3 portolan block 5432/tcp >/dev/null 2>&1
ssh web-3 portolan allow 5432/tcp --from 203.0.113.0/28 >/dev/null 2>&1

#: portolan firewall trace 8080 --from 198.18.0.0/16
#exit 130
#needs nft
#mask ^\d\d:\d\d:\d\d\.\d{3}
host client
wire eth0 198.18.0.2/24 client eth0 198.18.0.1/24
nft -f - <<'X'
table inet f {
  chain web { ip saddr 198.18.0.0/16 counter accept comment "ours"; }
  chain i { type filter hook input priority filter; policy drop; tcp dport 8080 jump web; }
}
X
serve web tcp/any/8080
during() {
    until_true said 'following packets'
    until_true nft list table inet portolan_trace
    # One packet: the answer is lost, and the example ends before the question is repeated.
    on client nft 'table inet f { chain i { type filter hook input priority 0; drop; }; }'
    on client perl -MIO::Socket::IP -e 'IO::Socket::IP->new(PeerHost => "198.18.0.2", PeerPort => 8080, Type => 1, Timeout => 0.2)'
    until_true said 'inet f web'
}
