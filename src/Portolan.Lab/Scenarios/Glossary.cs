using System.Text.RegularExpressions;

namespace Portolan.Lab.Scenarios;

/// <summary>The terms of the lessons, each with what it means. A lesson defines each below the step that it first appears in.</summary>
internal static class Glossary
{
    private static readonly (string Term, Regex Pattern, string Meaning)[] Entries =
    [
        Of("port", "ports?", "a number from 0 to 65535: which program of a host a segment or datagram is for"),
        Of("socket", "sockets?", "one end of a connection: protocol, address and port; a listening socket has no other end yet"),
        Of("socket pair", "(?:socket )?pairs?", "the sockets of both ends: the two addresses and two ports that name one connection"),
        Of("ephemeral port", "ephemeral(?: ports?)?", "a port that the system lends to the client's end for one connection"),
        Of("IANA", "IANA", "keeps the registry of port numbers and of the services they are for"),
        Of("TCP", "TCP|tcp", "carries a stream of bytes over a connection, in order, and sends again what is lost"),
        Of("UDP", "UDP|udp", "carries single datagrams, and neither acknowledges nor repeats them"),
        Of("segment", "segments?", "what TCP sends: ports, numbers, control bits and data"),
        Of("datagram", "datagrams?", "what UDP sends: ports, length, checksum and data"),
        Of("SYN", "SYNs?(?:-ACKs?)?", "the segment that asks for a connection; SYN-ACK accepts"),
        Of("ACK", @"(?:[A-Z]+-)?ACK \d+", "the control bit of a segment that acknowledges data"),
        Of("PSH", "PSH(?:-ACK)?", "push, a control bit: give the data so far to the program now"),
        Of("FIN", "FINs?(?:-ACK)?", "the control bit that ends one direction: nothing more comes"),
        Of("RST", "RSTs?(?:-ACK)?", "the control bit that ends or refuses a connection at once"),
        Of(
            "seq, ack", @"seq \d+",
            "the number of a segment's first byte, and of the byte that its sender expects next; the SYN has number 0, data begins at 1"),
        Of("win", @"win \d+", "the receive window: how many more bytes the sender of the segment has room for"),
        Of("len", @"len \d+", "how many bytes of data it carries"),
        Of("LISTEN", "LISTEN", "the state of a socket that waits for connections"),
        Of("ESTABLISHED", "ESTABLISHED", "the state of an open connection"),
        Of("TIME-WAIT", "TIME-WAIT", "the state after the end: the pair is kept for a while, against late segments"),
        Of("SO_REUSEADDR", "SO_REUSEADDR", "a socket's option: its port may have old connections, or others to other hosts"),
        Of("SO_REUSEPORT", "SO_REUSEPORT", "a socket's option: others that set it too may listen to the same port"),
        Of("EADDRINUSE", "EADDRINUSE", "the error \"address already in use\": another socket has the port"),
        Of("EADDRNOTAVAIL", "EADDRNOTAVAIL", "the error \"cannot assign requested address\": no port, or no such address, is free for it"),
        Of("RFC", @"RFC \d+", "a numbered document; those named here define how the Internet's protocols work"),
        Of("zone", "zones?", "the names of a domain with their addresses, as its name servers have them"),
        Of("AXFR", "AXFR", "the question for a whole zone"),
        Of("TTL", "TTL", "how many more routers a packet may pass"),
        Of("ICMP", "ICMP", "messages about packets that could not be delivered"),
        Of("ARP", "ARP", "asks all machines of a network which Ethernet address has an IP address"),
        Of("DNS", "DNS|name servers?", "the service that has the addresses of names, at port 53"),
        Of("DHCP", "DHCP", "lends addresses to machines that are switched on"),
        Of("broadcast", "broadcast", "a packet for all machines of a network, to 255.255.255.255"),
        Of("jitter", "jitter", "how much the delay varies from one packet to the next"),
        Of("TLS", "TLS", "encrypts what a connection carries; addresses and ports stay readable"),
        Of("DNAT", "DNAT", "a router gives a packet another destination (destination NAT)"),
    ];

    /// <summary>The terms that a step is the first to have, as a table; they are defined from then on.</summary>
    internal static IReadOnlyList<string> NewIn(ScenarioStep step, IEnumerable<LadderRung> rungs, HashSet<string> defined)
    {
        var text = string.Join(
            '\n',
            [
                step.Sentence, .. step.Exhibits.SelectMany(static e => e.Lines.Prepend(e.Title)),
                .. step.Checks.Select(static c => c.Claim),
                .. rungs.Select(static r => $"{r.Label}\n{r.Details}"),
            ]);
        List<IReadOnlyList<string>> rows = [
            .. Entries.Where(e => !defined.Contains(e.Term) && e.Pattern.IsMatch(text)).Select(static e => new[] { e.Term, e.Meaning })];
        defined.UnionWith(rows.Select(static r => r[0]));
        return rows.Count == 0 ? [] : TextColumns.Lines(["term", "meaning"], rows);
    }

    private static (string Term, Regex Pattern, string Meaning) Of(string term, string pattern, string meaning) =>
        (term, new Regex($@"(?<![\w-])(?:{pattern})(?![\w-])", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)), meaning);
}
