# Situations of docs/lab-topology.md: see library.sh.

#: portolan lab check bad.yaml
#exit 1
cat >bad.yaml <<'X'
name: bad
networks:
 office:
  latency: 2
  prefix: 198.18.0.0/24
hosts:
  web:
    ports:
        8080: htp
    address: 198.18.0.10
X
