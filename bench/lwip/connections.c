/* What is done with connections, by the raw API. */
#include "peer.h"

#define BLOCK 65535

static char block[BLOCK];
static char taken[BLOCK];
uint64_t received;
uint64_t left_to_send;
uint64_t ended;

void fail(const char *what)
{
    perror(what);
    exit(1);
}

ip4_addr_t address_of(const char *text)
{
    ip4_addr_t address;
    if (!ip4addr_aton(text, &address)) {
        fprintf(stderr, "%s is no IPv4 address\n", text);
        exit(2);
    }

    return address;
}

err_t drop6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to)
{
    return ERR_OK;
}

static void on_error(void *arg, err_t error)
{
    fprintf(stderr, "a connection failed: %d\n", error);
    exit(1);
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    if (p != NULL) {
        /* Into the reader's own memory, as the readers of the other stacks have it. */
        received += pbuf_copy_partial(p, taken, p->tot_len, 0);
        tcp_recved(pcb, p->tot_len);
        pbuf_free(p);
        return ERR_OK;
    }

    tcp_err(pcb, NULL);
    if (tcp_close(pcb) != ERR_OK) {
        fprintf(stderr, "a connection could not be closed\n");
        exit(1);
    }

    ended++;
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
    tcp_recv(pcb, on_receive);
    tcp_err(pcb, on_error);
    return ERR_OK;
}

static err_t fill(void *arg, struct tcp_pcb *pcb, u16_t acknowledged)
{
    int written = 0;
    while (left_to_send > 0 && tcp_sndbuf(pcb) > 0) {
        uint64_t count = left_to_send < tcp_sndbuf(pcb) ? left_to_send : tcp_sndbuf(pcb);
        count = count < BLOCK ? count : BLOCK;
        if (tcp_write(pcb, block, (u16_t)count, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            /* Its queue is full; there is place when something is acknowledged. */
            break;
        }

        left_to_send -= count;
        written = 1;
        if (left_to_send == 0) {
            tcp_shutdown(pcb, 0, 1);
        }
    }

    if (written) {
        tcp_output(pcb);
    }

    return ERR_OK;
}

err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    return fill(arg, pcb, 0);
}

err_t on_connected_close(void *arg, struct tcp_pcb *pcb, err_t error)
{
    tcp_err(pcb, NULL);
    tcp_recv(pcb, NULL);
    return tcp_close(pcb);
}

void listen_at(struct netif *at, int port)
{
    struct tcp_pcb *pcb = tcp_new();
    if (pcb == NULL || tcp_bind(pcb, IP_ADDR_ANY, (u16_t)port) != ERR_OK) {
        fail("bind");
    }

    if (at != NULL) {
        tcp_bind_netif(pcb, at);
    }

    pcb = tcp_listen_with_backlog(pcb, 255);
    tcp_accept(pcb, on_accept);
}

void connect_to(struct netif *at, ip4_addr_t to, int port, tcp_connected_fn connected)
{
    ip_addr_t destination;
    struct tcp_pcb *pcb = tcp_new();
    ip_addr_copy_from_ip4(destination, to);
    if (at != NULL) {
        tcp_bind_netif(pcb, at);
    }

    tcp_recv(pcb, on_receive);
    tcp_sent(pcb, fill);
    tcp_err(pcb, on_error);
    if (tcp_connect(pcb, &destination, (u16_t)port, connected) != ERR_OK) {
        fprintf(stderr, "connecting failed\n");
        exit(1);
    }
}
