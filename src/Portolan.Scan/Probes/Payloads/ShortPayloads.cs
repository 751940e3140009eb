namespace Portolan.Scan.Probes.Payloads;

// The payloads of a few lines.

/// <summary>Echo (RFC 862): what is sent comes back.</summary>
/// <param name="seed">For what is sent.</param>
internal sealed class EchoPayload(PayloadSeed seed) : UdpPayload("echo", seed.Bytes(8))
{
    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) => reply.SequenceEqual(Message.Span);
}

/// <summary>EtherNet/IP (ODVA, CIP volume 2 section 2-4.3): list identity. The sender context comes back.</summary>
/// <param name="seed">For the sender context.</param>
internal sealed class EtherNetIpPayload(PayloadSeed seed)
    : UdpPayload("EtherNet-IP-2", [ListIdentity, .. new byte[ContextOffset - 1], .. seed.Bytes(ContextLength), 0, 0, 0, 0])
{
    private const byte ListIdentity = 0x63;
    private const int ContextOffset = 12;
    private const int ContextLength = 8;
    private const int HeaderLength = 24;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length > HeaderLength && reply[0] == ListIdentity && reply[1] == 0
            && (reply[2] | (reply[3] << 8)) == reply.Length - HeaderLength
        && reply.Slice(ContextOffset, ContextLength).SequenceEqual(Message.Span.Slice(ContextOffset, ContextLength));
}

/// <summary>
/// memcached over UDP (its doc/protocol.txt): the eight-byte frame header, then <c>version</c>, the command with the shortest answer.
/// </summary>
/// <param name="seed">For the request id.</param>
internal sealed class MemcachedPayload(PayloadSeed seed) : UdpPayload("memcache", [.. seed.Bytes(2), 0, 0, 0, 1, 0, 0, .. "version\r\n"u8])
{
    private const int HeaderLength = 8;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length > HeaderLength && reply[..2].SequenceEqual(Message.Span[..2])
        && (reply[HeaderLength..].StartsWith("VERSION "u8) || reply[HeaderLength..].StartsWith("ERROR"u8));
}

/// <summary>
/// NAT-PMP (RFC 6886 section 3.2): what is your external address? Servers of its successor PCP answer too, with another version (RFC 6887
/// appendix A).
/// </summary>
internal sealed class NatPmpPayload() : UdpPayload("pcp", [0, 0])
{
    private const byte Response = 0x80;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) => reply.Length >= 8 && reply[0] is 0 or 2 && reply[1] == Response;
}

/// <summary>NetBIOS name service (RFC 1002 section 4.2.17): node status of the name <c>*</c>.</summary>
/// <param name="seed">For the transaction id.</param>
internal sealed class NetBiosPayload(PayloadSeed seed) : UdpPayload(
    "netbios-ns",
    [.. seed.Bytes(2), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 32, .. "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"u8, 0, 0, NodeStatus, 0, 1])
{
    private const byte NodeStatus = 0x21;
    private const int HeaderLength = 12;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length > HeaderLength && reply[..2].SequenceEqual(Message.Span[..2]) && (reply[2] & 0xf8) == 0x80;
}

/// <summary>
/// NTP version 4 (RFC 5905 section 7.3): a client asks for the time. All fields but version, mode and transmit time are zero.
/// </summary>
/// <param name="seed">For the transmit time, which the server repeats as origin time.</param>
internal sealed class NtpPayload(PayloadSeed seed) : UdpPayload("ntp", [0x23, .. new byte[TransmitTime - 1], .. seed.Bytes(8)])
{
    private const int OriginTime = 24;
    private const int TransmitTime = 40;
    private const int Length = 48;
    private const int ServerMode = 4;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= Length && (reply[0] & 7) == ServerMode && reply.Slice(OriginTime, 8).SequenceEqual(Message.Span[TransmitTime..]);
}

/// <summary>RIP version 2 (RFC 2453 section 3.9.1): asks for the whole table. Routers answer such a request from any port.</summary>
internal sealed class RipPayload() : UdpPayload("router", [Request, 2, .. new byte[EntryLength + 1], 16])
{
    private const byte Request = 1;
    private const byte Response = 2;
    private const int HeaderLength = 4;
    private const int EntryLength = 20;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= HeaderLength && reply[0] == Response && reply[1] is 1 or 2 && (reply.Length - HeaderLength) % EntryLength == 0;
}

/// <summary>RMCP presence ping (DMTF ASF 2.0 sections 3.2.2.2 and 3.2.4.3): which management controllers with IPMI answer.</summary>
/// <param name="seed">For the message tag.</param>
internal sealed class RmcpPayload(PayloadSeed seed)
    : UdpPayload("asf-rmcp", [0x06, 0x00, 0xff, 0x06, 0x00, 0x00, 0x11, 0xbe, Ping, (byte)(seed.Bytes(1)[0] & 0x7f), 0x00, 0x00])
{
    private const byte Ping = 0x80;
    private const byte Pong = 0x40;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= 12 && reply[0] == 0x06 && reply[3] == 0x06 && reply[4..8].SequenceEqual(Message.Span[4..8])
        && reply[8] == Pong && reply[9] == Message.Span[9];
}

/// <summary>SQL Server Resolution Protocol (Microsoft's MC-SQLR section 2.2.2): which instances are there?</summary>
internal sealed class SqlMonitorPayload() : UdpPayload("ms-sql-m", [3])
{
    private const byte Response = 5;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= 3 && reply[0] == Response && (reply[1] | (reply[2] << 8)) == reply.Length - 3;
}

/// <summary>STUN (RFC 8489 section 6): a binding request. The server tells the address it came from.</summary>
/// <param name="seed">For the transaction id.</param>
internal sealed class StunPayload(PayloadSeed seed)
    : UdpPayload("stun", [0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, .. seed.Bytes(12)])
{
    private const int HeaderLength = 20;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= HeaderLength && reply[0] == 0x01 && reply[1] is 0x01 or 0x11
            && reply[4..HeaderLength].SequenceEqual(Message.Span[4..]);
}

/// <summary>
/// TFTP (RFC 1350): asks for a missing file. Most servers answer from a port of their own (section 4), which is not a proof for port
/// 69; some small ones answer from it.
/// </summary>
internal sealed class TftpPayload() : UdpPayload("tftp", [0, ReadRequest, .. "portolan.invalid"u8, 0, .. "octet"u8, 0])
{
    private const byte ReadRequest = 1;
    private const byte Data = 3;
    private const byte Error = 5;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= 4 && reply[0] == 0 && reply[1] is Data or Error && reply[2] == 0;
}

/// <summary>
/// XDMCP (X Display Manager Control Protocol 1.1, packet Query): would you manage a display? Willing and unwilling are both answers.
/// </summary>
internal sealed class XdmcpPayload() : UdpPayload("xdmcp", [0, 1, 0, 2, 0, 1, 0])
{
    private const byte Willing = 5;
    private const byte Unwilling = 6;
    private const int HeaderLength = 6;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= HeaderLength && reply[..3].SequenceEqual((ReadOnlySpan<byte>)[0, 1, 0]) && reply[3] is Willing or Unwilling
        && ((reply[4] << 8) | reply[5]) == reply.Length - HeaderLength;
}
