# Situations of docs/limits.md: see library.sh.

#: portolan explain 22 --rules new.nft --include-path /etc/nftables.d
#needs nft
card eth0 192.0.2.10/24
ip route add default via 192.0.2.1
serve sshd tcp/any/22
mount -t tmpfs none /etc/nftables.d 2>/dev/null || { cp -a /etc etc && mount --bind etc /etc && mkdir -p /etc/nftables.d; }
echo 'tcp dport 22 accept' >/etc/nftables.d/ssh.nft
echo 'table inet fw { chain input { type filter hook input priority 0; policy drop; ct state established,related accept; icmpv6 type { 133-137 } accept; include "/etc/nftables.d/ssh.nft"; }; }' >new.nft

#: sudo unshare -n sh -c 'nft -f rules.nft && portolan explain 22'
#exit 1
#needs nft
installed
echo 'table inet fw { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }; }' >rules.nft

#: (ulimit -v 60000; portolan version)
#exit 3
installed
