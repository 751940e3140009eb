/* What the parts of this program share. */
#ifndef PEER_H
#define PEER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

#define MTU 1500
#define BATCH 64

/* Counts of all connections together. */
extern uint64_t received;
extern uint64_t left_to_send;
extern uint64_t ended;

ip4_addr_t address_of(const char *text);
void fail(const char *what);

/* An IPv6 packet that leaves: there is nobody. */
err_t drop6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to);

/* Listens, reads what comes and closes when the other side does; on all interfaces when there is none named. */
void listen_at(struct netif *at, int port);

/* Connects; then on_connected sends what is left to send, on_connected_close closes at once. */
void connect_to(struct netif *at, ip4_addr_t to, int port, tcp_connected_fn connected);
err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error);
err_t on_connected_close(void *arg, struct tcp_pcb *pcb, err_t error);

/* Behind a TUN device. */
void serve_tun(const char *device, const char *address, int first_port, int ports);
void send_tun(const char *device, const char *address, const char *to, int port, uint64_t bytes);

/* In memory. */
void stream_in_memory(uint64_t bytes);
void connects_in_memory(uint64_t count);

#endif
