# Situations of docs/chart.md: see library.sh.

#: sudo portolan
web3
