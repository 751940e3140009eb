# Situations of docs/list.md: see library.sh.

#: portolan list -tulpn
#: portolan list -tln --columns local,service,pid,process,user
#: portolan list --netstat -tanp
#: portolan list -tin dport = :5432
#any order
#mask \d+(?:,\d+)*(?= +(?:postgres|sshd|nginx) )|\d+(?=/(?:postgres|sshd|nginx|psql))
#mask (?:rcv_rtt:\S+ )?rcv_space:\d+|(?:ato:\d+ )?mss:\d+
#mask (?<=send |segs_out:|segs_in:|wscale:|wscale:\d,|wscale:\d\d,|rto:|rtt:|cwnd:|lastsnd:|lastrcv:|lastack:|rate |thresh:|rtt:[0-9.]+/|space:)[0-9.]+
echo reno >/proc/sys/net/ipv4/tcp_congestion_control
serve -b 244 -g "$(printf 'x%.0s' $(seq 5000))" postgres tcp/127.0.0.1/5432
serve -b 128 sshd tcp/0.0.0.0/22
serve -b 511 -n 4 nginx tcp/any/443
serve dnsmasq udp/127.0.0.1/53
client psql 127.0.0.1 5432 "$(printf 'x%.0s' $(seq 100))"
until_true grep -q ':00001388 ' /proc/net/tcp
until_true test "$(grep -c ':00000064' /proc/net/tcp)" = 0

#: portolan list -tulpn stat listening
#exit 2
true

#: sudo portolan list -tln
#needs nft
card eth0 192.0.2.10/24
ip route add default via 192.0.2.1
serve -b 128 sshd tcp/0.0.0.0/22
"$P" forward --kernel 8080 192.0.2.7:80,192.0.2.8:81 --allow 192.0.2.0/24 >/dev/null 2>&1 &
until_true sh -c 'nft list tables | grep -q portolan_forward'

#: portolan lab run office -- sh -c 'curl -s http://web/ > /dev/null; portolan list --lab -n namespace web'
#needs curl
ln -s "$P" portolan
