using System.Buffers.Binary;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>Where the transaction ids of one port's payloads come from: nobody who lacks the seed can guess them.</summary>
/// <param name="Hash">Keyed by the scan's seed.</param>
/// <param name="Port">The port the payload is for.</param>
internal readonly record struct PayloadSeed(SipHash Hash, PortNumber Port)
{
    private const ulong Purpose = 0x7564_7061_796c_6f61;

    /// <summary>The first two bytes of <see cref="Bytes"/>.</summary>
    internal ushort Id16 => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));

    /// <summary>The first four bytes of <see cref="Bytes"/>, without the highest bit: a positive 32-bit integer of any protocol.</summary>
    internal uint Id31 => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4)) & int.MaxValue;

    /// <summary>Bytes that look random and are always the same for the seed and port.</summary>
    internal byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (var at = 0; at < count; at += word.Length)
        {
            BinaryPrimitives.WriteUInt64BigEndian(word, Hash.Of(Purpose + Port.Value, (ulong)at));
            word[..Math.Min(word.Length, count - at)].CopyTo(bytes.AsSpan(at));
        }

        return bytes;
    }
}
