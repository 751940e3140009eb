using System.Diagnostics;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;

namespace Portolan.StackScenarios;

/// <summary>A link that takes everything and gives what it was given by hand, in batches.</summary>
internal sealed class NullLink : IPacketLink, IFrameSender, IFrameReceiver
{
    private const int Batch = 64;
    private const int Ahead = 8;

    private readonly byte[] _room = new byte[2048];
    private byte[][] _waiting = [];
    private long[] _spent = [];
    private int _handed;

    internal long Sent { get; private set; }

    internal byte[] Last => _room;

    public LinkLayer Layer => LinkLayer.Ip;

    public MacAddress HardwareAddress => default;

    public int MaxFrameLength => 1500;

    public string Description => "nowhere";

    public long Dropped => 0;

    public IFrameSender OpenSender() => this;

    public IFrameReceiver OpenReceiver(FrameFilter filter) => this;

    public Span<byte> Reserve() => _room;

    public void Commit(int length) => Sent++;

    public SendReport Flush() => new(0, 0, SendFailure.None, 0);

    /// <summary>Gives these frames from now on.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="spent">Set to what the host took for each, in ticks: for a frame and for the announcement of a later one.</param>
    internal void Offer(byte[][] frames, long[] spent) => (_waiting, _spent, _handed) = (frames, spent, 0);

    public int Receive(IFrameSink sink, TimeSpan timeout)
    {
        var (first, last) = (_handed, Math.Min(_handed + Batch, _waiting.Length));
        for (var i = first; i < Math.Min(first + Ahead, last); i++)
        {
            sink.Announce(_waiting[i]);
        }

        for (; _handed < last; _handed++)
        {
            var start = Stopwatch.GetTimestamp();
            sink.Announce(_handed + Ahead < last ? _waiting[_handed + Ahead] : default(ReadOnlySpan<byte>));
            sink.OnFrame(_waiting[_handed], start);
            _spent[_handed] = Stopwatch.GetTimestamp() - start;
        }

        return last - first;
    }

    public void Wake()
    {
    }

    public void Dispose()
    {
    }
}

/// <summary>Writes segments as they would come from many clients of 198.19.0.0/16.</summary>
internal static class Injector
{
    private static readonly InternetAddress Server = StackHost.Address(StackPair.ServerAddress);

    internal static InternetAddress Client(int index) => InternetAddress.FromIPv4(0xc613_0001u + ((uint)index & 0x7fff));

    internal static PortNumber Port(int index) => new((ushort)(1024 + (index >> 15)));

    internal static byte[] Segment(int client, TcpFlags flags, uint sequence, uint acknowledgment, ReadOnlySpan<byte> payload, bool isSyn)
    {
        Span<byte> options = stackalloc byte[40];
        var optionsLength = isSyn ? TcpOptionsWriter.WriteLinuxSyn(options, 1460, 1) : 0;
        var packet = new byte[Ipv4Writer.Length + 20 + optionsLength + payload.Length];
        var header = new TcpHeader(Port(client), new PortNumber(80), sequence, acknowledgment, flags, 60_000);
        var length = TcpWriter.Write(packet.AsSpan(Ipv4Writer.Length), Client(client), Server, header, options[..optionsLength], payload);
        Ipv4Writer.Write(packet, Client(client), Server, IpProtocol.Tcp, length);
        return packet;
    }

    internal static void Inject(StackHost host, byte[] packet, Instant now)
    {
        host.Ip.OnFrame(host.At.Number, packet, now);
        host.Ip.Flush();
    }
}
