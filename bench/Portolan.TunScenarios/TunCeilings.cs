using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Tun;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.TunScenarios;

/// <summary>What the device itself allows: packets of 1,500 bytes read from it, or written to it, with no TCP at either end.</summary>
internal sealed class TunCeilings : IDisposable
{
    private const int PacketLength = 1500;
    private const int Port = 9;

    /// <summary>What a queue of usual length takes, and some place for what the kernel sends by itself.</summary>
    private const int WaitingPackets = 400;

    private const string KernelAddress = "198.18.8.1";
    private const string FarAddress = "198.18.8.2";

    private readonly LabHost _host = new();
    private readonly TunLink _link;

    internal TunCeilings()
    {
        _link = _host.Run(() => TunLink.Open(new TunOptions { Name = "tun0", UsesOffload = false }));
        _host.Ip("link set tun0 up");
        _host.Address("tun0", $"{KernelAddress}/24");
    }

    /// <summary>Gb/s of datagrams that a thread reads which wait in the device's queue.</summary>
    internal double Read(int packets)
    {
        using var socket = _host.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Connect(new IPEndPoint(IPAddress.Parse(FarAddress), Port));
        using var receiver = _link.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue)));
        var payload = new byte[PacketLength - 28];
        var sink = new CountingSink();
        var ticks = 0L;
        while (sink.Count < packets)
        {
            for (var i = 0; i < WaitingPackets; i++)
            {
                socket.Send(payload);
            }

            var start = Stopwatch.GetTimestamp();
            while (receiver.Receive(sink, TimeSpan.Zero) > 0)
            {
            }

            ticks += Stopwatch.GetTimestamp() - start;
        }

        return sink.Bytes * 8 / ((double)ticks / Stopwatch.Frequency) / 1e9;
    }

    /// <summary>Gb/s of datagrams that a thread writes to a socket that nobody reads.</summary>
    internal double Write(int packets)
    {
        using var socket = _host.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(IPAddress.Parse(KernelAddress), Port));
        var (from, to) = (Address(FarAddress), Address(KernelAddress));
        var packet = new byte[PacketLength];
        var length = UdpWriter.Write(
            packet.AsSpan(Ipv4Writer.Length), from, to, new PortNumber(Port), new PortNumber(Port), new byte[PacketLength - 28]);
        Ipv4Writer.Write(packet, from, to, IpProtocol.Udp, length);
        using var sender = _link.OpenSender();
        var start = 0L;
        for (var i = -packets / 4; i < packets; i++)
        {
            start = i == 0 ? Stopwatch.GetTimestamp() : start;
            packet.CopyTo(sender.Reserve());
            sender.Commit(packet.Length);
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return sender.Flush().Refused == 0
            ? packets * (long)PacketLength * 8 / seconds / 1e9
            : throw new InvalidOperationException("the device refused packets");
    }

    public void Dispose()
    {
        _link.Dispose();
        _host.Dispose();
    }

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException($"{text} is no address", nameof(text));

    private sealed class CountingSink : IFrameSink
    {
        internal long Count { get; private set; }

        internal long Bytes { get; private set; }

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => (Count, Bytes) = (Count + 1, Bytes + frame.Length);
    }
}
