using Portolan.Packets;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Reassembly;

/// <summary>Writes the whole of a packet whose fragments are all there.</summary>
internal static class Assembly
{
    private const int NotEcnCapable = 1 << 0;
    private const int CongestionExperienced = 1 << 3;

    internal static ReassemblyResult Write(PendingPacket pending, PacketPool pool, Span<byte> whole)
    {
        if ((pending.EcnSeen & (NotEcnCapable | CongestionExperienced)) == (NotEcnCapable | CongestionExperienced))
        {
            return new ReassemblyResult(ReassemblyOutcome.Refused, Fault: ReassemblyFault.MixedEcn);
        }

        var isIPv4 = pending.Source.IsIPv4;
        var length = pending.HeaderLength + pending.Total;
        if (length - (isIPv4 ? 0 : Ipv6Packet.MinHeaderLength) > ushort.MaxValue)
        {
            // The headers of the first fragment were longer than those of the others.
            return new ReassemblyResult(ReassemblyOutcome.Refused, Fault: ReassemblyFault.TooLong);
        }

        if (length > whole.Length)
        {
            return new ReassemblyResult(ReassemblyOutcome.Refused, Fault: ReassemblyFault.NoRoom);
        }

        pool.Bytes(pending.First!.Buffer)[..pending.HeaderLength].CopyTo(whole);
        for (var kept = pending.First; kept is not null; kept = kept.Next)
        {
            pool.Bytes(kept.Buffer).Slice(kept.DataOffset, kept.End - kept.Start).CopyTo(whole[(pending.HeaderLength + kept.Start)..]);
        }

        // RFC 3168 section 5.3: congestion that one fragment met, the whole has met.
        var isCongested = (pending.EcnSeen & CongestionExperienced) != 0;
        if (isIPv4)
        {
            FinishIPv4(whole, pending.HeaderLength, length, isCongested);
        }
        else
        {
            FinishIPv6(whole, pending, length, isCongested);
        }

        return new ReassemblyResult(ReassemblyOutcome.Complete, length)
        {
            LongestFragment = pending.Longest,
            Headers = new UnfragmentableHeaders(pending.HeaderLength, pending.NextHeaderOffset),
        };
    }

    private static void FinishIPv4(Span<byte> whole, int headerLength, int length, bool isCongested)
    {
        whole[1] |= (byte)(isCongested ? 3 : 0);
        WriteUInt16BigEndian(whole[2..], (ushort)length);

        // "Don't fragment" stays; more fragments and the offset go.
        WriteUInt16BigEndian(whole[6..], (ushort)(ReadUInt16BigEndian(whole[6..]) & 0xc000));
        WriteUInt16BigEndian(whole[10..], 0);
        WriteUInt16BigEndian(whole[10..], InternetChecksum.Of(whole[..headerLength]));
    }

    private static void FinishIPv6(Span<byte> whole, PendingPacket pending, int length, bool isCongested)
    {
        // ECN is the low half of the traffic class, bits 4 and 5 of the second byte.
        whole[1] |= (byte)(isCongested ? 0x30 : 0);
        WriteUInt16BigEndian(whole[4..], (ushort)(length - Ipv6Packet.MinHeaderLength));
        whole[pending.NextHeaderOffset] = pending.NextHeader;
    }
}
