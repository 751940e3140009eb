# Situations of docs/explain.md: see library.sh.

#: sudo portolan explain 8080 --from 198.51.100.7
#exit 1
web3

#: block: Note:  ufw denies 8082, but Docker forwards it to 172.17.0.2:80 before INPUT
#part
#needs nft iptables
# The rules that ufw and Docker make, by their names.
card eth0 192.0.2.10/24
ip route add default via 192.0.2.1
host container
wire docker0 172.17.0.1/16 container eth0 172.17.0.2/16
on container ip route add default via 172.17.0.1
on container serve nginx tcp/any/80
echo 1 >/proc/sys/net/ipv4/ip_forward
iptables -P INPUT DROP
iptables -N ufw-before-input
iptables -N ufw-user-input
iptables -A INPUT -j ufw-before-input
iptables -A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A ufw-before-input -j ufw-user-input
iptables -A ufw-user-input -p tcp --dport 22 -j ACCEPT
iptables -N DOCKER
iptables -N DOCKER-USER
iptables -A FORWARD -j DOCKER-USER
iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A FORWARD -o docker0 -j DOCKER
iptables -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp --dport 80 -j ACCEPT
iptables -t nat -N DOCKER
iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
iptables -t nat -A DOCKER ! -i docker0 -p tcp --dport 8082 -j DNAT --to-destination 172.17.0.2:80
serve docker-proxy tcp/0.0.0.0/8082
example() { portolan explain 8082 --from 198.51.100.7; }

#: block: 6 prove         ✔ one packet from 198.51.100.7 by eth0 to 192.0.2.10:8080: the kernel dropped it by inet fw input policy drop, as predicted
#part
#exit 1
#needs nft
web3
example() { portolan explain 8080 --from 198.51.100.7 --prove; }

#: sudo portolan explain 203.0.113.9:443
#exit 3
web3
