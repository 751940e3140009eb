using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Tcp.FastOpen;

/// <summary>
/// A Fast Open cookie of 4 to 16 bytes as it is in the option (RFC 7413 section 4.1.1), or none: then the option asks for one.
/// </summary>
internal readonly struct FastOpenCookie : IEquatable<FastOpenCookie>
{
    private readonly ulong _first;
    private readonly ulong _second;

    /// <summary>Takes the bytes of an option; what is too long is cut.</summary>
    internal FastOpenCookie(ReadOnlySpan<byte> bytes)
    {
        Span<byte> whole = stackalloc byte[TcpFastOpen.MaxCookieLength];
        whole.Clear();
        bytes = bytes[..Math.Min(bytes.Length, whole.Length)];
        bytes.CopyTo(whole);
        (_first, _second, Length) = (ReadUInt64BigEndian(whole), ReadUInt64BigEndian(whole[8..]), (byte)bytes.Length);
    }

    /// <summary>One of eight bytes, as this stack makes them.</summary>
    internal FastOpenCookie(ulong bytes) => (_first, Length) = (bytes, sizeof(ulong));

    /// <summary>How many bytes; 0 for none.</summary>
    internal byte Length { get; }

    /// <summary>Writes it. Returns its length.</summary>
    internal int CopyTo(Span<byte> destination)
    {
        Span<byte> whole = stackalloc byte[TcpFastOpen.MaxCookieLength];
        WriteUInt64BigEndian(whole, _first);
        WriteUInt64BigEndian(whole[8..], _second);
        whole[..Length].CopyTo(destination);
        return Length;
    }

    /// <inheritdoc/>
    public bool Equals(FastOpenCookie other) => (_first, _second, Length) == (other._first, other._second, other.Length);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FastOpenCookie other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_first, _second, Length);
}
