using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Values;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>How marks change.</summary>
internal static class XtMarks
{
    /// <summary>Why a mark is not known.</summary>
    public const string Unknown = "a rule sets it to an unknown value";

    /// <summary>A mark with some bits cleared and others turned over.</summary>
    public static BitValue Change(PacketField field, uint mark, uint mask) => BitArithmetic.MaskXor(
        BitValue.Whole(field, 32), Bytes(~mask), Bytes(mark));

    /// <summary>The bits of a mark under a mask, the others zero.</summary>
    public static BitValue Masked(PacketField field, uint mask) => BitArithmetic.MaskXor(BitValue.Whole(field, 32), Bytes(mask), Bytes(0));

    private static byte[] Bytes(uint value)
    {
        var bytes = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
