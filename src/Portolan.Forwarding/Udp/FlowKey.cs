using System.Runtime.InteropServices;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Udp;

/// <summary>
/// A client of a forward for datagrams: its address and port as the kernel names them, and the address of this host that it asked, where
/// there are several: a reply comes from that one.
/// </summary>
internal readonly struct FlowKey : IEquatable<FlowKey>
{
    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly uint _last;
    private readonly ulong _askedUpper;
    private readonly ulong _askedLower;

    /// <summary>Takes a <c>struct sockaddr_in</c> or <c>sockaddr_in6</c>.</summary>
    public FlowKey(ReadOnlySpan<byte> name, in DatagramFacts facts)
    {
        Span<byte> bytes = stackalloc byte[28];
        bytes.Clear();
        name[..Math.Min(name.Length, bytes.Length)].CopyTo(bytes);
        _first = MemoryMarshal.Read<ulong>(bytes);
        _second = MemoryMarshal.Read<ulong>(bytes[8..]);
        _third = MemoryMarshal.Read<ulong>(bytes[16..]);
        _last = MemoryMarshal.Read<uint>(bytes[24..]);
        var asked = facts.LocalAddress;
        (_askedUpper, _askedLower) = ((ulong)(asked >> 64), (ulong)asked);
    }

    public static bool operator ==(in FlowKey left, in FlowKey right) => left.Equals(right);

    public static bool operator !=(in FlowKey left, in FlowKey right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(FlowKey other) =>
        _first == other._first && _second == other._second && _third == other._third && _last == other._last
            && _askedUpper == other._askedUpper && _askedLower == other._askedLower;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FlowKey other && Equals(other);

    /// <inheritdoc/>
    /// <remarks>Of a seed that is unknown: who makes up sources cannot choose those whose keys meet.</remarks>
    public override int GetHashCode() => HashCode.Combine(_first, _second, _third, _last, _askedUpper, _askedLower);
}
