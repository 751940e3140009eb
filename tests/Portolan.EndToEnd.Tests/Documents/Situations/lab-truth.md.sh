# Situations of docs/lab-truth.md: see library.sh.

#: portolan lab truth shop.yaml --xml > truth.xml
grep -l '^name: shop' block-* | { read -r file; cp "$file" shop.yaml; }

#: portolan lab score shop.yaml result.txt
#exit 1
grep -l '^name: shop' block-* | { read -r file; cp "$file" shop.yaml; }
grep -l '^#masscan' block-* | { read -r file; cp "$file" result.txt; }

#: block: masscan list over shop: 11 ports of 3 hosts judged
#exit 1
grep -l '^name: shop' block-* | { read -r file; cp "$file" shop.yaml; }
grep -l '^#masscan' block-* | { read -r file; cp "$file" result.txt; }
example() { portolan lab score shop.yaml result.txt; }

#: portolan lab run scan-me -- nmap -sS 198.18.0.0/28 -oX scan.xml && portolan lab score scan-me scan.xml
#needs nmap
true
