using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>The payloads of one scan, made when a port is first asked for. May be used by several threads.</summary>
/// <remarks>
/// Written from the specifications named at each. Not here, because a stranger gets no answer by design: WireGuard (a handshake is dropped
/// unless its first keyed hash is over the responder's public key), RADIUS (RFC 5997 section 3: Status-Server needs the shared secret), and
/// Syslog and SNMP traps (never answered).
/// </remarks>
/// <param name="seed">Where transaction ids come from. Keep it from those who are scanned.</param>
public sealed class UdpPayloads(ulong seed)
{
    private readonly SipHash _hash = SipHash.FromSeed(seed);
    private readonly ConcurrentDictionary<PortNumber, UdpPayload[]> _made = new();

    /// <summary>The message for a port; empty where no protocol is known.</summary>
    /// <param name="port">The destination port.</param>
    /// <param name="attempt">Counted from 0. Where a protocol has several openings (SNMP's versions) each attempt takes the next.</param>
    public ReadOnlyMemory<byte> For(PortNumber port, int attempt = 0) =>
        PayloadsOf(port) is { Length: > 0 } payloads ? payloads[attempt % payloads.Length].Message : default;

    /// <summary>Every message of a port, in the order of attempts; empty where no protocol is known.</summary>
    public IReadOnlyList<UdpPayload> AllFor(PortNumber port) => PayloadsOf(port);

    /// <summary>Whether a reply from a port is that protocol's own answer to one of our messages.</summary>
    /// <param name="port">The port that the message was sent to.</param>
    /// <param name="reply">The payload of the datagram that came back.</param>
    /// <param name="service">The protocol's service name.</param>
    public bool TryIdentify(PortNumber port, ReadOnlySpan<byte> reply, [NotNullWhen(true)] out string? service)
    {
        foreach (var payload in PayloadsOf(port))
        {
            if (payload.IsReply(reply))
            {
                service = payload.Service;
                return true;
            }
        }

        service = null;
        return false;
    }

    private UdpPayload[] PayloadsOf(PortNumber port)
    {
        if (_made.TryGetValue(port, out var payloads))
        {
            return payloads;
        }

        payloads = Make(port.Value, new PayloadSeed(_hash, port));
        return payloads.Length == 0 ? payloads : _made.GetOrAdd(port, payloads);
    }

    private static UdpPayload[] Make(ushort port, PayloadSeed seed) => port switch
    {
        7 => [new EchoPayload(seed)],
        53 => [new DnsPayload(seed)],
        69 => [new TftpPayload()],
        88 => [new KerberosPayload(seed)],
        111 => [RpcPayload.Portmapper(seed)],
        123 => [new NtpPayload(seed)],
        137 => [new NetBiosPayload(seed)],
        161 => [new SnmpV3Payload(seed), SnmpPayload.Version1(seed), SnmpPayload.Version2(seed)],
        177 => [new XdmcpPayload()],
        389 => [new CldapPayload(seed)],
        500 => [new IkePayload(seed, "isakmp", behindMarker: false)],
        520 => [new RipPayload()],
        623 => [new RmcpPayload(seed)],
        443 or 784 or 8443 => [new QuicPayload(seed)],
        853 or 4433 => [new QuicPayload(seed), new DtlsPayload(seed)],
        1194 => [new OpenVpnPayload(seed)],
        1434 => [new SqlMonitorPayload()],
        1701 => [new L2tpPayload(seed)],
        1900 => [new SsdpPayload()],
        2049 => [RpcPayload.Nfs(seed)],
        3478 or 19302 => [new StunPayload(seed)],
        3702 => [new WsDiscoveryPayload(seed)],
        4500 => [new IkePayload(seed, "ipsec-nat-t", behindMarker: true)],
        5060 => [new SipPayload(seed)],
        5351 => [new NatPmpPayload()],
        5353 => [new MulticastDnsPayload(seed)],
        5683 => [new CoapPayload(seed)],
        3391 or 4740 or 5349 or 5684 or 6514 or 10161 => [new DtlsPayload(seed)],
        11211 => [new MemcachedPayload(seed)],
        44818 => [new EtherNetIpPayload(seed)],
        47808 => [new BacnetPayload(seed)],
        _ => [],
    };
}

/// <summary>
/// A UDP protocol's own first message, and how to know its answer. An empty datagram is thrown away by most services; one in their own
/// words is answered, and the answer proves the service.
/// </summary>
/// <param name="service">The protocol's service name in IANA's registry where it has one.</param>
/// <param name="message">What is sent.</param>
public abstract class UdpPayload(string service, byte[] message)
{
    /// <summary>The protocol's service name in IANA's registry where it has one, such as <c>domain</c>.</summary>
    public string Service { get; } = service;

    /// <summary>What is sent, the same to every host.</summary>
    public ReadOnlyMemory<byte> Message { get; } = message;

    /// <summary>Whether a datagram is this protocol's answer to <see cref="Message"/>, its transaction id included. Never throws.</summary>
    public abstract bool IsReply(ReadOnlySpan<byte> reply);
}
