using System.Buffers.Binary;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Tracing;

/// <summary>A live packet and its way through the rules.</summary>
/// <param name="SeenAt">When its first event was read.</param>
/// <param name="Events">What the kernel told of it, in order; without the table that had it traced.</param>
public sealed record TracedPacket(DateTimeOffset SeenAt, IReadOnlyList<TraceEvent> Events)
{
    /// <summary>The packet from its IP header on, at most 40 bytes, as it came; empty when not told.</summary>
    public ReadOnlyMemory<byte> NetworkHeader { get; init; }

    /// <summary>The packet from its transport header on, at most 20 bytes, as it came; empty when not told.</summary>
    public ReadOnlyMemory<byte> TransportHeader { get; init; }

    /// <summary>Index of the interface it arrived on, 0 for one that was made here.</summary>
    public int InputInterface { get; init; }

    /// <summary>Index of the interface it was to go out by, 0 where that was not told.</summary>
    public int OutputInterface { get; init; }

    /// <summary>The last mark that was told.</summary>
    public uint Mark { get; init; }

    /// <summary>The sender, or <c>null</c>.</summary>
    public InternetAddress? Source => Address(12, 8);

    /// <summary>The receiver, or <c>null</c>.</summary>
    public InternetAddress? Destination => Address(16, 24);

    /// <summary>The IP protocol, or <c>null</c>. Of IPv6 with extension headers, that of the first.</summary>
    public byte? Protocol => (NetworkHeader.Length, Version) switch
    {
        ( >= 20, 4) => NetworkHeader.Span[9],
        ( >= 40, 6) => NetworkHeader.Span[6],
        _ => null,
    };

    /// <summary>The sender's port, or <c>null</c>.</summary>
    public ushort? SourcePort =>
        Protocol is 6 or 17 or 33 or 132 or 136 && TransportHeader.Length >= 4
            ? BinaryPrimitives.ReadUInt16BigEndian(TransportHeader.Span)
            : null;

    /// <summary>The receiver's port, or <c>null</c>.</summary>
    public ushort? DestinationPort => SourcePort is null ? null : BinaryPrimitives.ReadUInt16BigEndian(TransportHeader.Span[2..]);

    /// <summary>What ended it: drop, queue, stolen; or accept, where every chain that it met accepted it.</summary>
    public VerdictKind Verdict => Decider is { } decider ? decider.Verdict : VerdictKind.Accept;

    /// <summary>The event that ended it; <c>null</c> where nothing did.</summary>
    public TraceEvent? Decider => Events.LastOrDefault(static told =>
        told.Kind != TraceEventKind.Return && told.Verdict is (VerdictKind.Drop or VerdictKind.Queue or VerdictKind.Stolen));

    private int Version => NetworkHeader.IsEmpty ? 0 : NetworkHeader.Span[0] >> 4;

    private InternetAddress? Address(int ofIPv4, int ofIPv6) => (NetworkHeader.Length, Version) switch
    {
        ( >= 20, 4) => InternetAddress.FromBytes(NetworkHeader.Span.Slice(ofIPv4, 4)),
        ( >= 40, 6) => InternetAddress.FromBytes(NetworkHeader.Span.Slice(ofIPv6, 16)),
        _ => null,
    };
}
