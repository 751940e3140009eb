using Portolan.Packets;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Options that are wrong, many or lies; bits that lie.</summary>
internal static class OptionAttacks
{
    private const int Many = 50;
    private const int DataOffset = 12;

    internal static IEnumerable<Attack> All() => [Bombs(), Timestamps(), SegmentSizes(), Ecn(), Urgent()];

    private static Attack Bombs() => new("option bombs", static w =>
    {
        var options = new byte[40];
        switch (w.Strikes % 4)
        {
            case 0:
                w.Random.NextBytes(options);
                break;
            case 1:
                options.AsSpan().Fill((byte)TcpOptionKind.NoOperation);
                break;
            case 2:
                // Twenty options of no data and kinds that nobody knows.
                for (var i = 0; i < options.Length; i += 2)
                {
                    (options[i], options[i + 1]) = ((byte)w.Random.Next(9, 256), 2);
                }

                break;
            default:
                // Lengths of nothing, and beyond the end.
                (options[0], options[1], options[20], options[21]) = (2, 0, 8, 255);
                break;
        }

        var packet =
            Forge.Segment(Forge.Stranger((int)w.Strikes), 2500, HostileWorld.Victim4, 80, TcpFlags.Syn, (uint)w.Strikes, options: options);
        if (w.Strikes % 8 == 7)
        {
            // A header that is longer than its segment.
            packet = packet[..^24];
            packet[3] -= 24;
            packet[Ipv4Writer.Length + DataOffset] = 0xf0;
            Mend(packet);
        }

        w.Strike(packet);
    }, static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.Malformed));

    private static Attack Timestamps()
    {
        var puppets = new List<Puppet>();
        return new Attack("timestamps that lie", w =>
        {
            var puppet = Puppets.Next(puppets, Many, () => w.AddPuppet(HostileWorld.Talking, timestamps: true), w.Random);
            var buffer = new byte[12];
            var writer = new TcpOptionsWriter(buffer);
            writer.AddNoOperation();
            writer.AddNoOperation();
            writer.AddTimestamps((uint)w.Random.NextInt64(), (uint)w.Random.NextInt64());
            puppet.Acknowledge(puppet.Acknowledged, buffer);
        }, static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.Paws));
    }

    private static Attack SegmentSizes() => new("an MSS of next to nothing", static w =>
    {
        // Ever the same few, who close and come again.
        var puppet = w.AddPuppet(HostileWorld.Ending, mss: w.Random.Next(3), shift: 7);
        for (var i = 0; i < 4; i++)
        {
            puppet.Acknowledge(puppet.Heard);
        }

        puppet.Send(TcpFlags.Rst, puppet.Next, 0);
        w.Forget(puppet);
    }, static w => w.Victim.Tcp.Counters.ResetsTaken)
    { Steps = 300 };

    private static Attack Ecn()
    {
        var puppets = new List<Puppet>();
        return new Attack("congestion that never was", w =>
        {
            var puppet = Puppets.Next(puppets, Many, () =>
            {
                var made = w.AddPuppet(HostileWorld.Talking, opens: false);
                made.Send(TcpFlags.Syn | TcpFlags.Ece | TcpFlags.Cwr, Puppet.First, 0, Forge.SynOptions(timestamp: null));
                made.Acknowledge(made.VictimFirst + 1);
                return made;
            }, w.Random);
            puppet.Acknowledged = puppet.Heard;
            puppet.Send(TcpFlags.Ack | TcpFlags.Ece | (w.Random.Next(2) == 0 ? TcpFlags.Cwr : 0), puppet.Next, puppet.Heard);
        }, static w => Puppets.Sum(w, static i => i.HasEcn ? 1 : 0));
    }

    private static Attack Urgent()
    {
        var puppets = new List<Puppet>();
        return new Attack("urgent data that never come", w =>
        {
            var puppet = Puppets.Next(puppets, Many, () => w.AddPuppet(HostileWorld.Reading), w.Random);
            var packet = Forge.Segment(
                puppet.Address, puppet.Port, HostileWorld.Victim4, HostileWorld.Reading, TcpFlags.Ack | TcpFlags.Urg, puppet.TakenByVictim,
                puppet.Heard, payload: new byte[1]);
            packet[Ipv4Writer.Length + 18] = 0xff;
            Mend(packet);
            w.Strike(packet);
        }, static w => Puppets.Sum(w, static i => i.SegmentsReceived));
    }

    /// <summary>Makes the checksums of a changed packet right.</summary>
    private static void Mend(Span<byte> packet)
    {
        packet[10..12].Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Of(packet[..Ipv4Writer.Length]));
        var tcp = packet[Ipv4Writer.Length..];
        tcp[TcpWriter.ChecksumOffset..(TcpWriter.ChecksumOffset + 2)].Clear();
        var pseudo = InternetChecksum.PseudoHeader(
            Portolan.Model.InternetAddress.FromBytes(packet[12..16]), Portolan.Model.InternetAddress.FromBytes(packet[16..20]),
            IpProtocol.Tcp, tcp.Length);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(
            tcp[TcpWriter.ChecksumOffset..], InternetChecksum.Finish(pseudo + InternetChecksum.Sum(tcp)));
    }
}
