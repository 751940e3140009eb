using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Xt;

/// <summary>
/// The parameters of a match or a target as its kernel header lays them out (on 64-bit machines), in host order but where the header says
/// so.
/// </summary>
/// <param name="Family">Of the chain, which some layouts depend on.</param>
/// <param name="Revision">Of the layout.</param>
/// <param name="Bytes">The parameters. Check their length first with <see cref="Has"/>.</param>
internal readonly record struct XtPayload(RuleFamily Family, uint Revision, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Whether there are as many bytes.</summary>
    internal bool Has(int size) => Bytes.Length >= size;

    /// <summary>8 bits.</summary>
    internal byte Byte(int offset) => Bytes.Span[offset];

    /// <summary>16 bits, host order.</summary>
    internal ushort UInt16(int offset) => MemoryMarshal.Read<ushort>(Bytes.Span[offset..]);

    /// <summary>16 bits, network order.</summary>
    internal ushort BigEndian16(int offset) => BinaryPrimitives.ReadUInt16BigEndian(Bytes.Span[offset..]);

    /// <summary>32 bits, host order.</summary>
    internal uint UInt32(int offset) => MemoryMarshal.Read<uint>(Bytes.Span[offset..]);

    /// <summary>64 bits, host order.</summary>
    internal ulong UInt64(int offset) => MemoryMarshal.Read<ulong>(Bytes.Span[offset..]);

    /// <summary>An address of the chain's family in a <c>union nf_inet_addr</c> of 16 bytes.</summary>
    internal InternetAddress Address(int offset) =>
        InternetAddress.FromBytes(Bytes.Span.Slice(offset, Family == RuleFamily.Ip6 ? 16 : 4));

    /// <summary>Text up to a zero, or to the end of its field. Hostile text.</summary>
    internal string Text(int offset, int size) => KernelText.Read(Bytes.Span.Slice(offset, size));
}
