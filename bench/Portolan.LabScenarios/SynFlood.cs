using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.LabScenarios;

/// <summary>
/// A link outside a lab that asks every address and port for a connection, as a scanner does, and counts what is answered. Only so many
/// questions are open at once.
/// </summary>
internal sealed class SynFlood(InternetAddress from, InternetAddress first, int addresses, int ports, int firstPort)
    : IPacketLink, IFrameSender, IFrameReceiver
{
    private const int Window = 2048;
    private const int Batch = 64;

    private readonly byte[] _question = new byte[40];
    private readonly byte[] _room = new byte[1500];
    private readonly ManualResetEventSlim _woken = new();
    private long _asked;
    private long _answered;

    internal long SynAcks { get; private set; }

    internal long Resets { get; private set; }

    /// <summary>SYN-ACKs and RSTs of ports that are another thing by the topology.</summary>
    internal long Wrong { get; private set; }

    internal long Total => (long)addresses * ports;

    internal bool IsDone => Volatile.Read(ref _answered) >= Total;

    /// <summary>Whether a port is open, to judge the answers.</summary>
    internal required Func<int, bool> IsOpen { get; init; }

    public LinkLayer Layer => LinkLayer.Ip;

    public MacAddress HardwareAddress => default;

    public int MaxFrameLength => 1500;

    public string Description => "a flood of SYNs";

    public long Dropped => 0;

    public IFrameSender OpenSender() => this;

    public IFrameReceiver OpenReceiver(FrameFilter filter) => this;

    public int Receive(IFrameSink sink, TimeSpan timeout)
    {
        var count = 0;
        for (; count < Batch && _asked < Total && _asked - _answered < Window; count++, _asked++)
        {
            var to = first.Plus((ulong)(_asked % addresses));
            var port = firstPort + (int)(_asked / addresses);
            var at = Ipv4Writer.Write(_question, from, to, IpProtocol.Tcp, 20);
            TcpWriter.Write(
                _question.AsSpan(at), from, to,
                new TcpHeader(new PortNumber(40000), new PortNumber((ushort)port), (uint)_asked, 0, TcpFlags.Syn, 1024));
            sink.OnFrame(_question, 0);
        }

        if (count == 0 && timeout > TimeSpan.Zero && _asked >= Total)
        {
            _woken.Wait(timeout);
            _woken.Reset();
        }

        return count;
    }

    public void Wake() => _woken.Set();

    public Span<byte> Reserve() => _room;

    public void Commit(int length)
    {
        var segment = Ipv4Packet.TryRead(_room.AsSpan(0, length), out var packet) && TcpSegment.TryRead(packet.Payload, out var read)
            ? read
            : default;
        var isOpen = (segment.Flags & TcpFlags.Syn) != 0;
        (SynAcks, Resets) = isOpen ? (SynAcks + 1, Resets) : (SynAcks, Resets + 1);
        Wrong += isOpen == IsOpen(segment.SourcePort.Value) ? 0 : 1;
        Volatile.Write(ref _answered, _answered + 1);
    }

    public SendReport Flush() => default;

    public void Dispose()
    {
    }
}
