using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Sees a packet that is for none of the two hosts.</summary>
internal delegate void Stray(ReadOnlySpan<byte> packet);

/// <summary>One end of a wire of plain IP between two hosts. What is for neither of them goes to strangers.</summary>
internal sealed class WireEnd(InternetAddress peer4, InternetAddress peer6) : IPacketLink, IFrameSender, IFrameReceiver
{
    private const int Slots = 4096;
    private const int Longest = 1500;

    private readonly byte[] _room = new byte[Longest];
    private readonly byte[][] _frames = new byte[Slots][];
    private readonly int[] _lengths = new int[Slots];
    private int _head;
    private int _tail;

    internal WireEnd? Peer { get; set; }

    internal Stray? Stray { get; set; }

    internal long Strays { get; private set; }

    internal bool IsEmpty => _head == _tail;

    public LinkLayer Layer => LinkLayer.Ip;

    public MacAddress HardwareAddress => default;

    public int MaxFrameLength => Longest;

    public string Description => "wire";

    public long Dropped { get; private set; }

    public IFrameSender OpenSender() => this;

    public IFrameReceiver OpenReceiver(FrameFilter filter) => this;

    public Span<byte> Reserve() => _room;

    public void Commit(int length)
    {
        var packet = _room.AsSpan(0, length);
        var isIPv4 = packet[0] >> 4 == 4;
        var to = InternetAddress.FromBytes(isIPv4 ? packet[16..20] : packet[24..40]);
        if (to == peer4 || to == peer6)
        {
            Peer!.Push(packet);
        }
        else
        {
            Strays++;
            Stray?.Invoke(packet);
        }
    }

    public SendReport Flush() => new(0, 0, SendFailure.None, 0);

    public int Receive(IFrameSink sink, TimeSpan timeout)
    {
        var count = 0;
        for (; _head != _tail && count < 64; count++)
        {
            var slot = _head++ & (Slots - 1);
            sink.OnFrame(_frames[slot].AsSpan(0, _lengths[slot]), 0);
        }

        return count;
    }

    public void Wake()
    {
    }

    public void Dispose()
    {
    }

    private void Push(ReadOnlySpan<byte> packet)
    {
        if (_tail - _head == Slots)
        {
            Dropped++;
            return;
        }

        var slot = _tail++ & (Slots - 1);
        packet.CopyTo(_frames[slot] ??= new byte[Longest]);
        _lengths[slot] = packet.Length;
    }
}
