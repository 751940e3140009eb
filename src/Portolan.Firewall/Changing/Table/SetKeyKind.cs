using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Portolan.Firewall.Changing.Table;

/// <summary>A kind of key that sets of the table have: nft's name and number of it, its length and its byte order.</summary>
/// <param name="Name">nft's name of the type.</param>
/// <param name="Number">nft's number of it (enum datatypes), which it keeps in the set.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ByteOrder">nft's number of the byte order, which it keeps in the set's user data: 0 none, 1 host, 2 network.</param>
public sealed record SetKeyKind(string Name, uint Number, int Length, uint ByteOrder)
{
    /// <summary>A family, as <c>meta nfproto</c> loads it.</summary>
    public static SetKeyKind Family { get; } = new("nf_proto", 2, 1, 0);

    /// <summary>A port.</summary>
    public static SetKeyKind Port { get; } = new("inet_service", 13, 2, 2);

    /// <summary>An IP protocol number.</summary>
    public static SetKeyKind Protocol { get; } = new("inet_proto", 12, 1, 2);

    /// <summary>An IPv4 address.</summary>
    public static SetKeyKind Address4 { get; } = new("ipv4_addr", 7, 4, 2);

    /// <summary>An IPv6 address.</summary>
    public static SetKeyKind Address6 { get; } = new("ipv6_addr", 8, 16, 2);

    /// <summary>A number of 32 bits in host order: the line of a note, the number of a change.</summary>
    public static SetKeyKind Number32 { get; } = new("mark", 19, 4, 1);

    /// <summary>An interface's number, in host order.</summary>
    public static SetKeyKind InterfaceIndex { get; } = new("iface_index", 20, 4, 1);

    /// <summary>A number of 32 bits in host order without a meaning of its own, as <c>numgen</c> loads it.</summary>
    public static SetKeyKind PlainNumber { get; } = new("integer", 4, 4, 1);

    /// <summary>The largest key.</summary>
    public UInt128 Largest => UInt128.MaxValue >> (128 - (Length * 8));

    /// <summary>A key's bytes as they stand in a register.</summary>
    public byte[] Bytes(UInt128 key)
    {
        var bytes = new byte[Length];
        if (this == Number32)
        {
            MemoryMarshal.Write(bytes, (uint)key);
            return bytes;
        }

        Span<byte> whole = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(whole, key);
        whole[^Length..].CopyTo(bytes);
        return bytes;
    }

    /// <summary>A key in text of nft.</summary>
    public string Text(UInt128 key)
    {
        if (this == Family)
        {
            return key == 2 ? "ipv4" : "ipv6";
        }

        if (this == Address4 || this == Address6)
        {
            return InternetAddress.FromNumber(key, this == Address4).ToString();
        }

        return this == Number32
            ? string.Create(CultureInfo.InvariantCulture, $"0x{(uint)key:x8}")
            : ((ulong)key).ToString(CultureInfo.InvariantCulture);
    }
}
