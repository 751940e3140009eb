using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Scenarios;

/// <summary>Sends SYNs through the links as fast as they go: a template in each slot, patched for each target.</summary>
internal static class SynSpeed
{
    private const int TcpStart = 14 + 20;
    private const int FrameLength = TcpStart + 24;

    /// <summary>Arguments: gateway address, gateway Ethernet address, threads, packets for each thread.</summary>
    public static int Run(string[] args)
    {
        var gateway = InternetAddress.TryParse(args[0], out var parsed) ? parsed : throw new ArgumentException(args[0]);
        var hardware = MacAddress.FromBytes(Convert.FromHexString(args[1].Replace(":", "", StringComparison.Ordinal)));
        var threads = int.Parse(args[2], CultureInfo.InvariantCulture);
        var packets = long.Parse(args[3], CultureInfo.InvariantCulture);
        using var network = new KernelNetwork(TimeProvider.System);
        var route = network.FindRoute(gateway).Route ?? throw new InvalidOperationException("no route");
        using var link = network.Open(route);
        var start = Stopwatch.GetTimestamp();
        var refused = 0L;
        var workers = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            var seed = (uint)i;
            workers[i] = new Thread(() =>
            {
                using var sender = link.OpenSender();
                Interlocked.Add(ref refused, Send(sender, link.HardwareAddress, hardware, route.Source, packets, seed));
            });
            workers[i].Start();
        }

        foreach (var worker in workers)
        {
            worker.Join();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{threads * packets / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6:F3} M/s, {refused} refused"));
        return 0;
    }

    private static long Send(IFrameSender sender, MacAddress source, MacAddress gateway, InternetAddress address, long packets, uint seed)
    {
        var refused = 0L;
        var state = seed;
        for (var sent = 0L; sent < packets;)
        {
            var round = 0;
            Span<byte> frame;
            while (sent + round < packets && !(frame = sender.Reserve()).IsEmpty)
            {
                if (frame[12] == 0)
                {
                    WriteTemplate(frame, source, gateway, address);
                }

                // A target in 198.18.0.0/15 and a port, from a full-period generator: both as random as a permutation's.
                state = (state * 1664525) + 1013904223;
                Patch(frame, 0xc612_0000 | (state >> 15), (ushort)state, state ^ 0x5bd1e995);
                sender.Commit(FrameLength);
                round++;
            }

            refused += sender.Flush().Refused;
            sent += round;
        }

        return refused;
    }

    private static void WriteTemplate(Span<byte> frame, MacAddress source, MacAddress gateway, InternetAddress address)
    {
        EthernetWriter.Write(frame, gateway, source, EtherType.Ipv4);
        var header = new TcpHeader { SourcePort = new PortNumber(61000), Flags = TcpFlags.Syn, Window = 1024 };
        ReadOnlySpan<byte> maximumSegmentSize = [2, 4, 0x05, 0xb4];
        var length = TcpWriter.Write(frame[TcpStart..], address, InternetAddress.AnyIPv4, header, maximumSegmentSize);
        Ipv4Writer.Write(frame[14..], address, InternetAddress.AnyIPv4, IpProtocol.Tcp, length);
    }

    // RFC 1624: what changes in the fields changes the checksums.
    private static void Patch(Span<byte> frame, uint destination, ushort port, uint sequence)
    {
        var oldDestination = BinaryPrimitives.ReadUInt32BigEndian(frame[30..]);
        var addresses = Difference(oldDestination, destination);
        Adjust(frame[24..], addresses);
        var segment = addresses
            + (ushort)~BinaryPrimitives.ReadUInt16BigEndian(frame[(TcpStart + 2)..]) + port
            + Difference(BinaryPrimitives.ReadUInt32BigEndian(frame[(TcpStart + 4)..]), sequence);
        Adjust(frame[(TcpStart + 16)..], segment);
        BinaryPrimitives.WriteUInt32BigEndian(frame[30..], destination);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(TcpStart + 2)..], port);
        BinaryPrimitives.WriteUInt32BigEndian(frame[(TcpStart + 4)..], sequence);
    }

    private static uint Difference(uint before, uint after) =>
        (uint)((ushort)~(before >> 16) + (ushort)~before) + (after >> 16) + (ushort)after;

    private static void Adjust(Span<byte> checksum, uint difference)
    {
        var sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(checksum) + difference;
        sum = (sum >> 16) + (ushort)sum;
        sum = (sum >> 16) + (ushort)sum;
        BinaryPrimitives.WriteUInt16BigEndian(checksum, (ushort)~sum);
    }
}
